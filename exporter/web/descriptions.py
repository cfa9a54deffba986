"""What routes take and return, for the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, get_args

import msgspec

from exporter.processes.ranking import Order
from exporter.reports.process_list import ProcessList
from exporter.reports.stats import Stats
from exporter.web.commands import CommandList
from exporter.web.login import LoginBody, LogoutBody, TokenAnswer, TokenBody
from exporter.web.processlist import LARGEST_COUNT
from exporter.web.run import RunAnswer, RunEnd, RunOutput

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}


class OpenApi(msgspec.Struct, frozen=True, kw_only=True):
    """This document."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
    components: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a route takes and answers.

    Attributes:
        query: The parameters, each with its schema.
        body: The shape of the body; None for none, and for that of `/run`, which the catalogue makes.
        needs_body: Whether there must be one.
        answer: The shape of the answer in JSON; None for one without a body.
        events: The shapes of the events, by their names, where the answer may come as a stream of them.
        problems: The statuses of this route's problems, beside those of every route.
        takes_password: Whether name and password come in the header.
    """

    query: Mapping[str, Schema] = field(default_factory=dict)
    body: type[msgspec.Struct] | None = None
    needs_body: bool = True
    answer: type[msgspec.Struct] | None = None
    events: Mapping[str, type[msgspec.Struct]] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    takes_password: bool = False


DESCRIPTIONS: Mapping[tuple[str, str], Description] = MappingProxyType(
    {
        ("GET", "/login"): Description(
            answer=TokenAnswer, problems=(401, 403, 429, 503), takes_password=True
        ),
        ("POST", "/login"): Description(
            body=LoginBody, answer=TokenAnswer, problems=(400, 401, 403, 415, 429, 503)
        ),
        ("POST", "/token"): Description(
            body=TokenBody, needs_body=False, answer=TokenAnswer, problems=(400, 415, 503)
        ),
        ("POST", "/logout"): Description(body=LogoutBody, needs_body=False, problems=(400, 415, 503)),
        ("GET", "/stats"): Description(answer=Stats, problems=(400, 503)),
        ("GET", "/processlist"): Description(
            query={
                "sort": {"enum": list(get_args(Order))},
                "count": {"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT},
                "user": _TEXT,
                "name": _TEXT,
            },
            answer=ProcessList,
            problems=(400, 503),
        ),
        ("GET", "/commands"): Description(answer=CommandList, problems=(400,)),
        ("POST", "/run"): Description(
            query={"stream": _TEXT},
            answer=RunAnswer,
            events={"output": RunOutput, "end": RunEnd},
            problems=(400, 404, 415, 422, 429, 500, 503),
        ),
        ("GET", "/openapi.json"): Description(answer=OpenApi, problems=(400,)),
    }
)

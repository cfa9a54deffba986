"""Queries and JSON bodies: what the route takes and nothing else, or a problem that names what is wrong."""

import json
from http import HTTPStatus
from typing import Any, Never, TypeVar

import msgspec
from flask import Request

from exporter.web.responses import ProblemError
from marax.problems import Problem

_LONGEST_DETAIL = 200
_LONGEST_SHOWN = 40

Shape = TypeVar("Shape", bound=msgspec.Struct)


_NOT_JSON = Problem(
    status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    kind="not-json",
    title="The request body must be uncompressed `application/json`.",
)


def read_body(request: Request, shape: type[Shape]) -> Shape:
    """Return the body of *request* as a *shape*, which forbids unknown fields by itself.

    Raises:
        ProblemError: It is not JSON (415), not UTF-8, ambiguous or not of that shape (400).
    """
    if request.mimetype != "application/json" or request.content_encoding:
        raise ProblemError(_NOT_JSON)
    value = _read(request.get_data())
    try:
        return msgspec.convert(value, shape, strict=True)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None


def read_optional_body(request: Request, shape: type[Shape]) -> Shape:
    """Return the same; no body at all means the defaults of *shape*."""
    return read_body(request, shape) if request.get_data() else shape()


def read_query(request: Request, *names: str) -> dict[str, str]:
    """Return the parameters of *request*, which may be of *names*; `token` is none of the route's business.

    Raises:
        ProblemError: One is unknown, or given twice (400).
    """
    query = {name: values for name, values in request.args.lists() if name != "token"}
    for name, values in query.items():
        if name not in names:
            known = f"the known ones are {', '.join(names)}" if names else "there are none"
            raise wrong_query(f"Unknown parameter {name[:_LONGEST_SHOWN]!r}: {known}.")
        if len(values) > 1:
            raise wrong_query(f"{name!r} is given more than once.")
    return {name: values[0] for name, values in query.items()}


def wrong_query(detail: str) -> ProblemError:
    """Return the problem with a query, to be raised."""
    return ProblemError(
        Problem(
            status=HTTPStatus.BAD_REQUEST,
            kind="wrong-query",
            title="Invalid query.",
            detail=detail,
        )
    )


class _AmbiguousError(ValueError):
    """JSON that different readers would understand differently."""


def _read(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=_unambiguous, parse_constant=_refuse)
    except _AmbiguousError as error:
        raise _wrong(str(error)) from None
    except (ValueError, RecursionError):
        raise _wrong("The body is not valid JSON in UTF-8") from None


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _AmbiguousError(f"Object contains the field `{name}` more than once")
        members[name] = value
    return members


def _refuse(constant: str) -> Never:
    raise _AmbiguousError(f"{constant} is not JSON")


def _wrong(detail: str) -> ProblemError:
    return ProblemError(
        Problem(
            status=HTTPStatus.BAD_REQUEST,
            kind="wrong-body",
            title="Invalid request body.",
            detail=detail[:_LONGEST_DETAIL],
        )
    )

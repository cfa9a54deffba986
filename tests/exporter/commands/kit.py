"""An app with a catalogue of small commands, and users whose tokens are their roles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from flask import Flask
from werkzeug.test import TestResponse

from exporter.access.roles import Role
from exporter.access.session import Refusal, Session
from exporter.commands.audit import Audit, FileAudit
from exporter.commands.catalogue import Catalogue
from exporter.commands.counts import RunCounts
from exporter.commands.parameters import Bounds, Choices, Parameter, Pattern
from exporter.commands.runner import Runner
from exporter.commands.service import CommandService
from exporter.commands.settings import Command, Element, OutputLimit, TimeLimit
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import Scraper
from exporter.web.app import Api, create_app
from exporter.web.commands import commands_routes
from exporter.web.openapi import openapi_routes
from exporter.web.request_counts import RequestCounts
from exporter.web.run import run_routes
from marax.clock import SystemClock
from tests.fakes.collectors import FakeCollector

SECRET = "s3cr3t"
_NONE: Mapping[str, str] = MappingProxyType({})


def token(role: str) -> str:
    return f"{SECRET}-{role}"


def bearing(role: str) -> dict[str, str]:
    """Return the header of a request of a user of *role*."""
    return {"Authorization": f"Bearer {token(role)}"}


class TokensAreRoles:
    """Admits whoever shows `token(role)`."""

    takes_query_tokens = True

    def admit(self, shown: str) -> Session | Refusal:
        role = next((role for role in Role if token(str(role)) == shown), None)
        if role is None:
            return Refusal.BAD_TOKEN
        return Session(user="ann", role=role, token_id="1", began_unix_seconds=0, expires_unix_seconds=2**40)

    def note(self, refusal: Refusal) -> None:
        pass


@dataclass(frozen=True)
class Host:
    """A host with commands; those that leave a mark write their arguments into *marks*."""

    marks: Path
    audit: Path
    runner: Runner
    counts: RunCounts
    service: CommandService
    app: Flask

    def run(
        self, body: object, *, role: str = "operator", headers: Mapping[str, str] = _NONE, **request: Any
    ) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = bearing(role) | {"Content-Type": "application/json"}
        return self.app.test_client().post("/run", data=data, headers=usual | dict(headers), **request)

    def marked(self) -> list[str]:
        """Return the arguments of all commands that left a mark."""
        return self.marks.read_text().split("\0")[:-1] if self.marks.exists() else []

    def audited(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]


def host_in(folder: Path, *, audit: Audit | None = None, has_shell: bool = False) -> Host:
    marks, clock = folder / "marks", SystemClock()
    program = folder / "mark"
    program.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" >> {marks}\n")
    program.chmod(0o755)
    runner, counts = Runner(most_at_once=4), RunCounts()
    catalogue = Catalogue(commands_of(str(program)), has_shell=has_shell)
    service = CommandService(runner, counts, catalogue, audit or FileAudit(folder / "audit.jsonl", clock))
    app = create_app(
        Scraper([FakeCollector()], CollectorRunner(clock)),
        is_ready=lambda: True,
        requests=RequestCounts(),
        version="1.2.3",
        api=Api(
            access=TokensAreRoles,
            blueprints=(
                commands_routes(service),
                run_routes(service, clock),
                openapi_routes(service, version="1.2.3"),
            ),
        ),
    )
    return Host(marks, folder / "audit.jsonl", runner, counts, service, app)


def commands_of(mark: str) -> list[Command]:
    """Return a catalogue; *mark* is the program that leaves a mark."""
    return [
        _command("choose", mark, "{unit}", unit=Parameter(choice=Choices(("nginx.service", "80")))),
        _command("count", mark, "{number}", number=Parameter(integer=Bounds((1, 100)))),
        _command("name", mark, "{name}", name=Parameter(pattern=Pattern("[a-z@.-]+"), max_length=12)),
        _command("any", mark, "{text}", text=Parameter(pattern=Pattern(".*"), max_length=200)),
        _command("path", mark, "{path}", path=Parameter(pattern=Pattern("/srv/[a-z]+"))),
        _command("nested", mark, "{text}", text=Parameter(pattern=Pattern("(a+)+"), max_length=4096)),
        _command("plain", mark, "plain"),
        _command("reboot", mark, "reboot", role="admin"),
        _command("gone", "/no/such/program"),
        _command("env", "/usr/bin/env"),
        _command("yes", "/usr/bin/yes", limit=0.5),
        _command("nap", "/bin/sleep", "{seconds}", seconds=Parameter(pattern=Pattern(r"[0-9.]+"))),
        _command("naps", "/bin/sleep", "{seconds}", at_once=4, seconds=Parameter(pattern=Pattern("[0-9.]+"))),
        _command(
            "flood",
            "/usr/bin/yes",
            "{text}",
            limit=0.5,
            output=2**20,
            text=Parameter(pattern=Pattern("[0-9.]+")),
        ),
        _command("sh", "/bin/sh", "-c", "{script}", script=Parameter(pattern=Pattern(".*"), max_length=4000)),
    ]


def _command(
    name: str,
    /,
    *argv: str,
    role: Literal["operator", "admin"] = "operator",
    limit: float = 20.0,
    output: int = 4096,
    at_once: int = 1,
    **parameters: Parameter,
) -> Command:
    return Command(
        name=name,
        about=f"about {name}",
        argv=tuple(map(Element, argv)),
        parameters=parameters,
        role=role,
        time_limit=TimeLimit(limit),
        output_limit_bytes=OutputLimit(output),
        at_once=at_once,
    )

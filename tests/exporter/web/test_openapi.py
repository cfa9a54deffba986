"""The OpenAPI document, held against the routes as `serve` has them."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from exporter.access.roles import Role
from exporter.commands.catalogue import Catalogue
from exporter.config import ExporterSettings
from exporter.web.guard import GuardedView
from exporter.web.openapi import openapi_of
from exporter.wiring.exporter import Exporter
from exporter.wiring.serve import app_of
from marax.clock import SystemClock
from tests.exporter.commands.kit import bearing, commands_of, host_in


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    settings = ExporterSettings(state_dir=tmp_path)
    exporter = Exporter(settings, read=lambda: settings, clock=SystemClock())
    return app_of(exporter, is_ready=lambda: True)


def document(app: Flask, role: Role = Role.ADMIN, *, has_shell: bool = False) -> dict[str, Any]:
    return openapi_of(app, Catalogue(commands_of("/bin/true"), has_shell=has_shell), role, version="1.2.3")


def bodies(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas of what may be sent to /run."""
    schemas: list[dict[str, Any]] = found["paths"]["/run"]["post"]["requestBody"]["content"][
        "application/json"
    ]["schema"]["oneOf"]
    return schemas


def test_describes_every_route_that_asks_who_is_calling(app: Flask):
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if isinstance(app.view_functions[rule.endpoint], GuardedView)
        for method in (rule.methods or set()) - {"HEAD"}
    }

    described = {
        (method.upper(), path)
        for path, operations in document(app)["paths"].items()
        for method, operation in operations.items()
        if operation.get("security", [{}])[0].keys() == {"bearer"}
    }
    assert described == routes


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        (Role.VIEWER, {"/commands", "/run"}),
        (Role.OPERATOR, set()),
        (Role.ADMIN, set()),
    ],
)
def test_describes_to_each_role_what_it_may_use(app: Flask, role: Role, hidden: set[str]):
    paths = set(document(app, role)["paths"])

    assert {"/login", "/logout", "/stats", "/processlist", "/openapi.json"} <= paths
    assert {"/commands", "/run"} - paths == hidden


def test_names_the_commands_that_you_may_run_and_no_others(app: Flask):
    names = [body["properties"]["command"]["enum"] for body in bodies(document(app, Role.OPERATOR))]

    assert ["plain"] in names
    assert ["reboot"] not in names
    assert ["reboot"] in [body["properties"]["command"]["enum"] for body in bodies(document(app))]


def test_spells_out_the_arguments_of_a_command(app: Flask):
    by_name = {body["title"]: body for body in bodies(document(app))}

    assert by_name["plain"]["required"] == ["command"]
    assert by_name["choose"]["required"] == ["command", "arguments"]
    arguments = {name: by_name[name]["properties"]["arguments"] for name in ("choose", "count", "name")}
    assert all(schema["additionalProperties"] is False for schema in arguments.values())
    assert [schema["properties"] for schema in arguments.values()] == [
        {"unit": {"enum": ["nginx.service", "80"]}},
        {"number": {"type": "integer", "minimum": 1, "maximum": 100}},
        {"name": {"type": "string", "maxLength": 12, "pattern": "^(?!-)(?:[a-z@.-]+)$"}},
    ]


@pytest.mark.parametrize(("role", "is_shown"), [(Role.OPERATOR, False), (Role.ADMIN, True)])
def test_tells_of_the_shell_those_who_may_use_it(app: Flask, role: Role, is_shown):
    told = any("shell" in body["properties"] for body in bodies(document(app, role, has_shell=True)))

    assert told is is_shown


def test_says_nothing_without_a_token(tmp_path: Path):
    client = host_in(tmp_path).app.test_client()

    refused = client.get("/openapi.json")
    answer = client.get("/openapi.json", headers=bearing("operator"))

    assert refused.status_code == 401
    assert "plain" not in refused.text
    assert answer.json is not None
    assert answer.json["openapi"] == "3.1.0"
    assert "plain" in answer.text
    assert "reboot" not in answer.text

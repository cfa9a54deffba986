from pathlib import Path

import pytest

from tests.exporter.commands.kit import Host, bearing, host_in


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return host_in(tmp_path)


def test_lists_the_commands_with_what_a_form_needs(host: Host):
    answer = host.app.test_client().get("/commands", headers=bearing("operator"))

    assert answer.json is not None
    by_name = {command["name"]: command for command in answer.json["commands"]}
    assert answer.json["shell"] is False
    assert "reboot" not in by_name
    assert by_name["plain"] == {
        "name": "plain",
        "about": "about plain",
        "parameters": [],
        "time_limit_seconds": 20.0,
        "output_limit_bytes": 4096,
        "at_once": 1,
    }
    assert [by_name[name]["parameters"] for name in ("choose", "count", "name")] == [
        [{"name": "unit", "kind": "choice", "choices": ["nginx.service", "80"]}],
        [{"name": "number", "kind": "integer", "smallest": 1, "largest": 100}],
        [{"name": "name", "kind": "pattern", "pattern": "[a-z@.-]+", "max_length": 12}],
    ]


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 200), ("admin", 200)])
def test_lists_them_to_those_who_may_run_some(host: Host, role: str, status: int):
    answer = host.app.test_client().get("/commands", headers=bearing(role))

    assert answer.status_code == status
    assert ("reboot" in answer.text) == (role == "admin")


@pytest.mark.parametrize(("role", "is_shown"), [("operator", False), ("admin", True)])
def test_says_whether_there_is_a_shell_for_you(tmp_path: Path, role: str, is_shown):
    host = host_in(tmp_path, has_shell=True)

    answer = host.app.test_client().get("/commands", headers=bearing(role))

    assert (answer.json or {})["shell"] is is_shown


def test_takes_no_parameters(host: Host):
    answer = host.app.test_client().get("/commands?role=admin", headers=bearing("operator"))

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_shows_nobody_anything_without_a_token(host: Host):
    answer = host.app.test_client().get("/commands")

    assert answer.status_code == 401
    assert "plain" not in answer.text

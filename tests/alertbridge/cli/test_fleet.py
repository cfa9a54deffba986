"""The installed command and the hosts: `targets` and `status`."""

import json

import pytest

from tests.alertbridge.installed import ANSWER, Settings, a_host, run
from tests.fakes.rude_servers import a_dead_port, a_server, answering, answering_each, silent

pytestmark = pytest.mark.system


def test_targets_writes_the_same_to_a_file_and_to_stdout(settings: Settings):
    settings.write(hosts=[{**a_host(9877), "labels": {"site": "berlin"}}, a_host(9877, "db-1", "[::1]")])
    file = settings.folder / "targets.json"

    written = run("--config", settings.path, "targets", file)
    again = run("--config", settings.path, "targets", file)
    printed = run("--config", settings.path, "targets", "-")

    assert [said.returncode for said in (written, again, printed)] == [0, 0, 0]
    assert written.stderr == f"{file}: 2 hosts, written\n"
    assert again.stderr == f"{file}: 2 hosts, lists them already\n"
    assert printed.stdout == file.read_text()
    assert json.loads(printed.stdout) == [
        {"targets": ["[::1]:9877"], "labels": {"host": "db-1"}},
        {"targets": ["127.0.0.1:9877"], "labels": {"host": "web-1", "site": "berlin"}},
    ]


def test_targets_and_report_count_one_host_as_one(settings: Settings):
    settings.write(hosts=[a_host(a_dead_port())])

    said = run("--config", settings.path, "targets", settings.folder / "targets.json")
    reported = run("--config", settings.path, "report")

    assert said.stderr == f"{settings.folder}/targets.json: 1 host, written\n"
    assert reported.stderr == "asking 1 host\n0 of 1 host up\n"


def test_status_asks_with_what_the_settings_say_and_tells_what_a_host_wants(settings: Settings):
    (settings.folder / "password").write_text("s3cret")
    login = {"username": "ann", "password_file": "password"}

    def answer(head: bytes) -> tuple[int, bytes, bytes]:
        return (200, b"", ANSWER) if b"Authorization: Basic YW5uOnMzY3JldA==" in head else (401, b"", b"")

    with a_server(answering_each(answer)) as port:
        settings.write(hosts=[a_host(port)])
        without = run("--config", settings.path, "status")
        settings.write(hosts=[a_host(port)], status=login)
        with_login = run("--config", settings.path, "status")

    assert (without.returncode, with_login.returncode) == (0, 0)
    assert without.stdout.splitlines()[1].endswith("answers, wants a login")
    assert with_login.stdout.splitlines()[1].split()[:3] == ["web-1", "up", "25"]


@pytest.mark.parametrize("command", ["status", "report", "check-config"])
def test_a_password_file_that_is_missing_ends_with_3(settings: Settings, command: str):
    settings.write(status={"username": "ann", "password_file": "nowhere"})

    said = run("--config", settings.path, command)

    assert said.returncode == 3
    assert "status.password_file: found cannot read " in said.stderr


def test_targets_that_cannot_be_written_end_with_4(settings: Settings):
    said = run("--config", settings.path, "targets", settings.folder / "nowhere" / "targets.json")

    assert said.returncode == 4
    assert f"make the folder {settings.folder}/nowhere first" in said.stderr


def test_status_ends_with_0_when_every_host_is_up(settings: Settings):
    with a_server(answering(ANSWER)) as port:
        settings.write(hosts=[a_host(port)])

        said = run("--config", settings.path, "status")

    assert (said.returncode, said.stderr) == (0, "")
    heading, web_1, closing = said.stdout.splitlines()
    assert heading.split() == ["HOST", "STATE", "CPU", "RAM", "LOAD", "UPTIME", "ANSWER", "REASON"]
    assert web_1.split()[:7] == ["web-1", "up", "25", "%", "50", "%", "1.50"]
    assert closing == "1 of 1 host up"


@pytest.mark.alone
def test_status_tells_every_host_that_fails_with_its_reason(settings: Settings):
    with a_server(answering(ANSWER)) as good, a_server(silent) as mute, a_server(answering(b"hi")) as other:
        settings.write(
            hosts=[
                a_host(good, "good"),
                a_host(a_dead_port(), "refusing"),
                a_host(mute, "mute"),
                a_host(9877, "nameless", "nowhere.invalid"),
                a_host(other, "other"),
            ]
        )

        said = run("--config", settings.path, "status", "--json")

    found = {host["name"]: host for host in json.loads(said.stdout)}
    nameless = found.pop("nameless")
    assert (said.returncode, said.stderr) == (1, "")
    assert {name: (host["state"], host["reason"]) for name, host in found.items()} == {
        "good": ("up", ""),
        "refusing": ("down", "connection refused"),
        "mute": ("down", "timed out after 5 s while waiting for its answer"),
        "other": ("down", "answers, but is not a marax-exporter"),
    }
    assert nameless["state"] == "down"
    assert nameless["reason"] in {"no such name", "its name cannot be looked up: no name server answers"}
    assert found["good"]["cpu_ratio"] == 0.25
    assert found["mute"]["cpu_ratio"] is None
    assert 5 <= found["mute"]["answer_seconds"] < 8


def test_status_shows_failed_hosts_first(settings: Settings):
    with a_server(answering(ANSWER)) as good:
        settings.write(hosts=[a_host(good), a_host(a_dead_port(), "web-2")])

        said = run("--config", settings.path, "status")

    assert said.returncode == 1
    assert [line.split()[:2] for line in said.stdout.splitlines()[1:3]] == [
        ["web-2", "DOWN"],
        ["web-1", "up"],
    ]
    assert said.stdout.endswith("1 of 2 hosts up\n")


def test_status_of_no_hosts_is_fine(settings: Settings):
    said = run("--config", settings.path, "status")

    assert (said.returncode, said.stdout) == (0, "no hosts in the settings\n")

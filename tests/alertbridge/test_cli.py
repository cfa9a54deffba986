"""The installed command: what it prints where, what it leaves behind, and what it ends with."""

import email
import json
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.alertbridge.alert_builders import an_alert, payload_of
from tests.alertbridge.installed import TOKEN, Served, Settings, run, until
from tests.fakes.rude_servers import a_dead_port, a_server, answering, silent
from tests.standin.mailgun import MailgunStandIn

pytestmark = pytest.mark.system

KEY = "key-0123456789abcdef"
ANSWER = b"marax_cpu_usage_ratio 0.25\nmarax_memory_usage_ratio 0.5\nmarax_load1 1.5\n"
TWO_USERS = [
    {"name": "ann", "email": "ann@example.org", "hosts": ["web-*"]},
    {"name": "bob", "email": "bob@example.org"},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


@pytest.fixture
def served(settings: Settings) -> Iterator[Served]:
    bridge = Served(settings)
    yield bridge
    bridge.kill()


@pytest.fixture
def mailgun() -> Iterator[MailgunStandIn]:
    with MailgunStandIn(api_key=KEY) as standin:
        yield standin


def a_host(port: int, name: str = "web-1", host: str = "127.0.0.1") -> dict[str, str]:
    return {"name": name, "address": f"{host}:{port}"}


def through(mailgun_url: str, folder: Path, key: str = KEY) -> dict[str, str]:
    """Return settings that send through the Mailgun there, with the *key* in a file in *folder*."""
    (folder / "mailgun.key").write_text(key + "\n")
    return {
        "domain": "mg.example.org",
        "from": "marax <alerts@mg.example.org>",
        "api_key_file": "mailgun.key",
        "base_url": mailgun_url,
    }


def mails(settings: Settings) -> list[EmailMessage]:
    paths = sorted((settings.folder / "mail" / "new").iterdir())
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]


def text_of(mail: EmailMessage) -> str:
    """Return the plain part."""
    (part,) = (part for part in mail.walk() if part.get_content_type() == "text/plain")
    text: str = part.get_content()
    return text


def keys(stderr: str) -> list[str]:
    """Return the keys that the mistakes on *stderr* name."""
    return [line.split(": ")[1] for line in stderr.splitlines()]


def test_help_begins_with_what_people_type():
    said = run("--help")

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Examples:\n  marax-alertbridge ")
    assert "Exit codes: 0 fine, 1 a finding" in said.stdout


def test_says_its_version():
    assert re.fullmatch(r"marax, version \d+\.\d+\.\d+\n", run("--version").stdout)


@pytest.mark.parametrize("arguments", [["sevre"], ["status", "--jsn"], ["send-test"]], ids=" ".join)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]):
    said = run(*arguments)

    assert (said.returncode, said.stdout) == (2, "")
    assert "Error: " in said.stderr


def test_check_config_says_who_is_told_about_which_host(settings: Settings):
    settings.write(
        hosts=[a_host(9877), a_host(9878, "db-1")],
        users=[*TWO_USERS, {"name": "eve", "email": "eve@example.org", "severities": ["info"]}],
    )

    said = run("check-config", "--config", settings.path)

    assert said.returncode == 0
    assert said.stdout == (
        "HOST   CRITICAL  WARNING   INFO\n"
        "web-1  ann, bob  ann, bob  ann, bob, eve\n"
        "db-1   bob       bob       bob, eve\n"
    )
    assert said.stderr.endswith("alertbridge.yml is fine: 2 hosts, 3 users\n")


def test_check_config_warns_of_what_is_hardly_meant(settings: Settings):
    settings.write(
        hosts=[a_host(9877, "db-1")], users=[{"name": "ann", "email": "a@b.org", "hosts": ["web-*"]}]
    )

    said = run("check-config", "--config", settings.path)

    assert said.returncode == 0
    assert "warning: users: ann watches web-*, which is none of the hosts" in said.stderr
    assert "warning: hosts: nobody is told about db-1" in said.stderr


@pytest.mark.parametrize("command", [["serve"], ["check-config"], ["targets", "-"], ["send-test", "ann"]])
def test_wrong_settings_end_with_3_and_all_mistakes_at_once(settings: Settings, command: list[str]):
    settings.path.write_text(
        "listen: 9878\n"
        "webhok: {}\n"
        "storm: {window: soon}\n"
        "hosts: [{name: web-1, address: web-1}]\n"
        "users: [{name: ann, email: ann.example.org}]\n"
    )

    said = run("--config", settings.path, *command)

    assert (said.returncode, said.stdout) == (3, "")
    assert keys(said.stderr) == [
        "listen",
        "webhok",
        "storm.window",
        "hosts[0].address",
        "users[0].email",
        "webhook",
    ]
    assert f"{settings.path}:3: storm.window: found 'soon', expected a duration such as" in said.stderr


@pytest.mark.parametrize("command", [["serve"], ["report"]])
def test_secrets_that_cannot_be_read_end_with_3_all_at_once(settings: Settings, command: list[str]):
    settings.write(mailgun=through("http://127.0.0.1:1", settings.folder, key=""))
    (settings.folder / "webhook.token").unlink()

    said = run("--config", settings.path, *command)

    assert said.returncode == 3
    assert keys(said.stderr) == ["webhook.token_file", "mailgun.api_key_file"]


def test_a_settings_file_that_is_not_there_ends_with_3(tmp_path: Path):
    said = run("--config", tmp_path / "nowhere.yml")

    assert said.returncode == 3
    assert f"{tmp_path}/nowhere.yml: found no usable file (No such file or directory)" in said.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "Is a directory"), (b"\xff\xfe", "bytes that are not UTF-8")],
)
def test_a_settings_file_that_cannot_be_read_ends_with_3(tmp_path: Path, content: bytes | None, says: str):
    path = tmp_path / "alertbridge.yml"
    path.mkdir() if content is None else path.write_bytes(content)

    said = run("check-config", "--config", path)

    assert said.returncode == 3
    assert says in said.stderr


def test_a_busy_port_ends_with_4_and_its_name(settings: Settings):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        settings.write(listen=f"127.0.0.1:{port}")

        said = run("serve", "--config", settings.path)

    assert said.returncode == 4
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in said.stderr


def test_a_second_bridge_on_the_same_database_ends_with_4(settings: Settings, served: Served):
    said = run("serve", "--config", settings.path)

    assert said.returncode == 4
    assert "another marax-alertbridge is using it; stop that one first" in said.stderr
    assert served.get("/-/ready") == "marax-alertbridge is ready.\n"


def test_a_locked_database_ends_with_4(settings: Settings):
    other = sqlite3.connect(settings.folder / "bridge.db")
    other.execute("BEGIN EXCLUSIVE")

    said = run("serve", "--config", settings.path)

    other.close()
    assert said.returncode == 4
    assert (
        said.stderr == f"cannot use the database sqlite:///{settings.folder}/bridge.db: database is locked\n"
    )


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nowhere/bridge.db", "No such file or directory"),
        ("webhook.token", "file is not a database"),
    ],
)
def test_a_database_that_cannot_be_written_ends_with_4(settings: Settings, place: str, says: str):
    (settings.folder / "webhook.token").write_text("no database at all\n" * 100)
    settings.write(database=f"sqlite:///{settings.folder}/{place}", webhook={"token_file": "token"})
    (settings.folder / "token").write_text(TOKEN)

    said = run("serve", "--config", settings.path)

    assert said.returncode == 4
    assert f"cannot use the database sqlite:///{settings.folder}/{place}: " in said.stderr
    assert says in said.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_it_is_told_to_end(served: Served, number: signal.Signals):
    assert served.get("/-/healthy") == "marax-alertbridge is healthy.\n"

    served.tell(number)

    assert served.wait() == 0
    assert served.log.rstrip().endswith("msg=stopped")


def test_says_where_mails_go_without_mailgun(settings: Settings, served: Served):
    assert f"maildir={settings.folder}/mail" in served.log
    assert TOKEN not in served.log


def test_takes_up_changed_settings_on_hangup(settings: Settings, served: Served):
    assert json.loads(served.get("/targets")) == []
    settings.write(hosts=[a_host(9877)])

    served.tell(signal.SIGHUP)
    until(lambda: "settings taken up" in served.log)

    (group,) = json.loads(served.get("/targets"))
    assert group == {"targets": ["127.0.0.1:9877"], "labels": {"host": "web-1"}}
    assert served.sample("alertbridge_config_last_reload_successful") == 1


def test_bad_settings_leave_those_in_force_until_they_are_mended(settings: Settings, served: Served):
    settings.write(hosts="none", storm={"hosts": 0})

    served.tell(signal.SIGHUP)
    until(lambda: served.log.count("settings not taken up") == 2)

    assert "hosts: found 'none', expected a list" in served.log
    assert "storm.hosts: found 0, expected a whole number from 1 up" in served.log
    assert served.sample("alertbridge_config_last_reload_successful") == 0
    assert json.loads(served.get("/targets")) == []
    settings.write()
    served.tell(signal.SIGHUP)
    until(lambda: "settings taken up" in served.log)
    assert served.sample("alertbridge_config_last_reload_successful") == 1


def test_a_token_that_is_gone_leaves_the_settings_in_force(settings: Settings, served: Served):
    (settings.folder / "webhook.token").unlink()

    served.tell(signal.SIGHUP)
    until(lambda: "settings not taken up" in served.log)

    assert "webhook.token_file: found cannot read" in served.log
    assert json.loads(served.get("/targets")) == []


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
    assert (said.returncode, said.stderr) == (1, "")
    assert {name: (host["state"], host["reason"]) for name, host in found.items()} == {
        "good": ("up", ""),
        "refusing": ("down", "connection refused"),
        "mute": ("down", "timed out after 5 s while waiting for its answer"),
        "nameless": ("down", "no such name"),
        "other": ("down", "answers, but is not a marax-exporter"),
    }
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


def test_send_test_delivers_into_the_maildir(settings: Settings):
    said = run("--config", settings.path, "send-test", "ann")

    (mail,) = mails(settings)
    assert said.returncode == 0
    assert said.stdout.startswith("ann <ann@example.org>: taken as ")
    assert mail["To"] == "ann@example.org"
    assert mail["Subject"].startswith("[TEST] ")
    assert str(settings.path) in text_of(mail)


def test_send_test_names_the_users_there_are(settings: Settings):
    settings.write(users=TWO_USERS)

    said = run("--config", settings.path, "send-test", "eve")

    assert (said.returncode, said.stdout) == (2, "")
    assert f"{settings.path} has no user 'eve'; it has ann, bob" in said.stderr


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("404", 1, "Mailgun said 404: Domain not found: mg.example.org; check `domain` and `region`"),
        ("429-seconds", 1, "Mailgun said 429: "),
        ("500", 4, "Mailgun said 500: Internal Server Error"),
        ("reset", 4, "was given the mail, but no answer came"),
    ],
)
def test_send_test_says_what_mailgun_said(
    settings: Settings, mailgun: MailgunStandIn, fault: str, code: int, says: str
):
    settings.write(mailgun=through(mailgun.url, settings.folder))
    mailgun.misbehave(f"{fault}=100")

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == code
    assert said.stdout.startswith("ann <ann@example.org>: not taken: ")
    assert says in said.stdout


def test_a_wrong_key_is_refused_and_not_shown(settings: Settings, mailgun: MailgunStandIn):
    settings.write(mailgun=through(mailgun.url, settings.folder, key="key-wrong"))

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == 1
    assert "check `api_key_file`" in said.stdout
    assert "key-wrong" not in said.stdout + said.stderr


def test_a_mailgun_that_is_not_there_ends_with_4(settings: Settings):
    settings.write(mailgun=through(f"http://127.0.0.1:{a_dead_port()}", settings.folder))

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == 4
    assert "the mail did not reach 127.0.0.1:" in said.stdout


def test_a_maildir_that_cannot_be_written_ends_with_4(settings: Settings):
    settings.write(maildir="webhook.token/mail")

    said = run("--config", settings.path, "send-test", "ann")

    assert said.returncode == 4
    assert f"cannot write to the Maildir {settings.folder}/webhook.token/mail: " in said.stdout


def a_fleet(port: int) -> dict[str, Any]:
    return {"hosts": [a_host(port), a_host(a_dead_port(), "db-1")], "users": TWO_USERS}


def test_report_mails_everybody_the_hosts_that_they_watch(settings: Settings):
    with a_server(answering(ANSWER)) as port:
        settings.write(**a_fleet(port))

        said = run("--config", settings.path, "report")

    told = {mail["To"]: text_of(mail) for mail in mails(settings)}
    assert said.returncode == 0
    assert said.stderr == "asking 2 hosts\n1 of 2 hosts up\n"
    assert {address: "db-1" in text for address, text in told.items()} == {
        "ann@example.org": False,
        "bob@example.org": True,
    }
    assert "connection refused" in told["bob@example.org"]


def test_report_goes_through_mailgun(settings: Settings, mailgun: MailgunStandIn):
    with a_server(answering(ANSWER)) as port:
        settings.write(**a_fleet(port), mailgun=through(mailgun.url, settings.folder))

        said = run("--config", settings.path, "report")

    assert [message.to for message in mailgun.messages] == [["ann@example.org"], ["bob@example.org"]]
    assert said.returncode == 0
    assert len(said.stdout.splitlines()) == 2


def test_report_tells_for_each_user_that_mailgun_refused(settings: Settings, mailgun: MailgunStandIn):
    with a_server(answering(ANSWER)) as port:
        settings.write(**a_fleet(port), mailgun=through(mailgun.url, settings.folder))
        mailgun.misbehave("403=100")

        said = run("--config", settings.path, "report")

    assert said.returncode == 1
    assert [line.split(": ")[:2] for line in said.stdout.splitlines()] == [
        ["ann <ann@example.org>", "not taken"],
        ["bob <bob@example.org>", "not taken"],
    ]


def test_what_mailgun_refuses_is_listed_told_to_the_admins_and_tried_again_by_hand(
    settings: Settings, mailgun: MailgunStandIn
):
    users = [{"name": "ann", "email": "ann@nowhere"}, {"name": "ops", "email": "o@b.org", "admin": True}]
    settings.write(mailgun=through(mailgun.url, settings.folder), users=users)
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert()))
        until(lambda: len(mailgun.messages) == 2)

        (dead,) = json.loads(run("--config", settings.path, "outbox", "list", "--json").stdout)
        retried = run("outbox", "retry", "--config", settings.path)
        until(lambda: bridge.log.count("a notice was given up") == 2)

        assert (dead["user"], dead["state"]) == ("ann", "dead")
        assert "'to' parameter is not a valid address" in dead["last_error"]
        assert {m.subject for m in mailgun.messages} == {
            "[DOWN] web-1: host not answering",
            "[WARN] mail for ann: not delivered",
        }
        assert (retried.returncode, retried.stdout) == (0, "")
        assert retried.stderr.startswith("1 to be tried again; ")
    finally:
        bridge.kill()


def test_what_waits_is_listed_explained_and_dropped_beside_a_running_bridge(settings: Settings):
    settings.write(mailgun=through(f"http://127.0.0.1:{a_dead_port()}", settings.folder))
    bridge = Served(settings)
    try:
        bridge.post(payload_of(an_alert()))
        until(lambda: "a mail has to wait" in bridge.log)

        (found,) = json.loads(run("--config", settings.path, "outbox", "list", "--json").stdout)
        number, incident = str(found["notice_id"]), found["incident_id"]
        explained = run("--config", settings.path, "explain", incident).stdout
        dropped = run("--config", settings.path, "outbox", "drop", number)
        again = run("--config", settings.path, "outbox", "drop", number)
        left = run("--config", settings.path, "outbox", "list").stdout

        assert found["last_error"].startswith("the mail did not reach 127.0.0.1:")
        assert f"notice {number} to ann is owed" in explained
        assert (dropped.returncode, dropped.stderr) == (0, "1 dropped\n")
        assert again.returncode == 1
        assert left == "nothing waits and nothing was given up\n"
    finally:
        bridge.kill()


@pytest.mark.parametrize("command", [["outbox", "show", "99"], ["explain", "k3f9q2m"]], ids=" ".join)
def test_a_notice_or_incident_that_is_not_there_ends_with_1(settings: Settings, command: list[str]):
    said = run("--config", settings.path, *command)

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("there is no ")


def test_an_outbox_that_cannot_be_read_ends_with_4(settings: Settings):
    settings.write(database=f"sqlite:///{settings.folder}/nowhere/bridge.db")

    said = run("--config", settings.path, "outbox", "list")

    assert said.returncode == 4
    assert f"cannot use the database sqlite:///{settings.folder}/nowhere/bridge.db: " in said.stderr


def test_preview_writes_every_kind_of_mail_in_three_forms(tmp_path: Path):
    said = run("preview", tmp_path / "mails")

    names = [Path(line).name for line in said.stdout.splitlines()]
    assert said.returncode == 0
    assert {"down-refused", "down-storm", "up", "critical", "report", "test"} <= set(names)
    assert {path.name for path in (tmp_path / "mails").iterdir()} == {
        f"{name}.{form}" for name in names for form in ("eml", "html", "txt")
    }


def test_a_folder_for_previews_that_cannot_be_made_ends_with_4(tmp_path: Path):
    (tmp_path / "file").touch()

    said = run("preview", tmp_path / "file" / "mails")

    assert said.returncode == 4
    assert f"cannot write into {tmp_path}/file/mails: " in said.stderr

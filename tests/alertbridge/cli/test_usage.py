"""The installed command: help, usage, settings, and what needs none."""

import re
from pathlib import Path

import pytest

from tests.alertbridge.installed import TWO_USERS, Settings, a_host, run, through

pytestmark = pytest.mark.system


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


WISHES = {"quiet": {"hours": "22:00-07:00"}, "remind_every": "never"}


@pytest.mark.parametrize("arguments", [["sevre"], ["status", "--jsn"], ["send-test"]], ids=" ".join)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]):
    said = run(*arguments)

    assert (said.returncode, said.stdout) == (2, "")
    assert "Error: " in said.stderr


def test_check_config_says_who_is_told_about_which_host(settings: Settings):
    settings.write(
        hosts=[a_host(9877), a_host(9878, "db-1")],
        users=[*TWO_USERS, {"name": "eve", "email": "eve@example.org", "severities": ["info"], **WISHES}],
    )

    said = run("check-config", "--config", settings.path)

    assert said.returncode == 0
    assert said.stdout == (
        "HOST   CRITICAL  WARNING   INFO\n"
        "web-1  ann, bob  ann, bob  ann, bob, eve\n"
        "db-1   bob       bob       bob, eve\n"
        "\n"
        "USER  QUIET HOURS      EXCEPT    REMINDER\n"
        "ann   -                -         every 1 d\n"
        "bob   -                -         every 1 d\n"
        "eve   22:00-07:00 UTC  critical  never\n"
    )
    assert said.stderr.endswith("alertbridge.yml is fine; hosts: 2, users: 3\n")


def test_check_config_warns_of_what_is_hardly_meant(settings: Settings):
    settings.write(
        hosts=[a_host(9877, "db-1")], users=[{"name": "ann", "email": "a@b.org", "hosts": ["web-*"]}]
    )

    said = run("check-config", "--config", settings.path)

    assert said.returncode == 0
    assert "warning: users[0].hosts: ann watches web-*, which matches no host" in said.stderr
    assert "warning: hosts[0]: no user is notified of alerts about db-1; nobody is\n" in said.stderr
    assert "warning: users: none has `admin: true`" in said.stderr


def test_check_config_says_which_severities_nobody_watches_and_who_is_notified_instead(settings: Settings):
    hosts = [a_host(9877 + number, f"web-{number}") for number in range(7)]
    users = [
        {"name": "ann", "email": "ann@example.org", "severities": ["critical"]},
        {
            "name": "ops",
            "email": "ops@example.org",
            "severities": ["critical"],
            "hosts": ["db-*"],
            "admin": True,
        },
    ]
    settings.write(hosts=[*hosts, a_host(9999, "db-1")], users=users)

    said = run("check-config", "--config", settings.path)

    assert said.returncode == 0
    assert "web-6  ann       (ops)    (ops)\n" in said.stdout
    assert "db-1   ann, ops  (ops)    (ops)\n" in said.stdout
    assert (
        "warning: hosts[0]: no user is notified of warning and info alerts about web-0, web-1, web-2, web-3, "
        "web-4 and 3 more; the admins are (ops)\n"
    ) in said.stderr
    assert "warning: users" not in said.stderr


@pytest.mark.parametrize(("alarm_after", "status"), [("0s", 3), ("89s", 3), ("90s", 0), ("5m", 0)])
def test_check_config_refuses_an_alarm_that_would_flap(settings: Settings, alarm_after: str, status: int):
    settings.write(heartbeat={"alarm_after": alarm_after})

    said = run("check-config", "--config", settings.path)

    assert said.returncode == status
    assert ("heartbeat.alarm_after: found" in said.stderr) == (status == 3)


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

"""The installed command that serves: what keeps it from it, signals, and changed settings."""

import json
import signal
import socket
import sqlite3

import pytest

from tests.alertbridge.installed import TOKEN, Served, Settings, a_host, run
from tests.waiting import wait_until

pytestmark = pytest.mark.system


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
    assert "it is in use by another marax-alertbridge; stop that one first" in said.stderr
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
    assert f"every mail goes into the Maildir {settings.folder}/mail" in served.log
    assert TOKEN not in served.log


def test_takes_up_changed_settings_on_hangup(settings: Settings, served: Served):
    assert json.loads(served.get("/targets")) == []
    settings.write(hosts=[a_host(9877)])

    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings loaded" in served.log)

    (group,) = json.loads(served.get("/targets"))
    assert group == {"targets": ["127.0.0.1:9877"], "labels": {"host": "web-1"}}
    assert served.sample("alertbridge_config_last_reload_successful") == 1


def test_logs_what_is_doubtful_about_settings_that_it_takes_up(settings: Settings, served: Served):
    settings.write(users=[{"name": "ann", "email": "ann@example.org", "hosts": ["wbe-*"]}], hosts=[a_host(1)])
    served.tell(signal.SIGHUP)

    wait_until(
        lambda: "users[0].hosts: ann watches wbe-*, which matches no host" in served.log, lambda: served.log
    )


def test_bad_settings_leave_those_in_force_until_they_are_mended(settings: Settings, served: Served):
    settings.write(hosts="none", storm={"hosts": 0})

    served.tell(signal.SIGHUP)
    wait_until(lambda: served.log.count("settings not loaded") == 2)

    assert "hosts: found 'none', expected a list" in served.log
    assert "storm.hosts: found 0, expected a whole number from 1 up" in served.log
    assert served.sample("alertbridge_config_last_reload_successful") == 0
    assert json.loads(served.get("/targets")) == []
    settings.write()
    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings loaded" in served.log)
    assert served.sample("alertbridge_config_last_reload_successful") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('database: "\\U00110000"', "1: found broken YAML (an escape or a number beyond all bounds)"),
        (
            "mailgun: {base_url: 'https://mailgun-gateway.internal.example.org/v3/?x=1'}",
            "1: mailgun.base_url: found 'https://",
        ),
        ("users:\n\t- {name: ann}", "2: found a tab, expected spaces"),
        ("#" * (16 * 1024 * 1024 + 1), " found more than 16 MiB"),
        ("users: [" + "{nam: a}, " * 100 + "]", "1: users[0].nam: found an unknown key"),
    ],
    ids=["no character", "a URL", "a tab", "too large", "many mistakes"],
)
def test_settings_that_are_none_leave_those_in_force(
    settings: Settings, served: Served, text: str, says: str
):
    settings.path.write_text(text)

    served.tell(signal.SIGHUP)
    wait_until(lambda: says in served.log, lambda: served.log)

    wait_until(lambda: served.sample("alertbridge_config_last_reload_successful") == 0)
    assert "Traceback" not in served.log


def test_a_token_that_is_gone_leaves_the_settings_in_force(settings: Settings, served: Served):
    (settings.folder / "webhook.token").unlink()

    served.tell(signal.SIGHUP)
    wait_until(lambda: "settings not loaded" in served.log)

    assert "webhook.token_file: found cannot read" in served.log
    assert json.loads(served.get("/targets")) == []

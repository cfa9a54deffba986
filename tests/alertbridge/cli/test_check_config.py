"""`check-config` and settings that people and their tools get wrong: each has its words, in time."""

import subprocess
from pathlib import Path

import pytest

from tests.alertbridge.installed import Settings, run, through

pytestmark = pytest.mark.system

MAILGUN = {"domain": "mg.example.org", "from": "a@mg.example.org", "api_key_file": "mailgun.key"}


def check(settings: Settings) -> subprocess.CompletedProcess[str]:
    return run("check-config", "--config", settings.path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("users:\n\t- {name: ann}\n", "2: found a tab, expected spaces: YAML does not take tabs there"),
        ('listen: "\\U00110000"', "1: found broken YAML (an escape or a number beyond all bounds)"),
        ('listen: "\\ud800:1"', r"1: listen: found '\ud800:1', expected text of whole characters"),
        ("#" * (16 * 1024 * 1024 + 1), " found more than 16 MiB, expected a YAML file of settings"),
        ("users: [" + "{nam: a}, " * 20_000 + "]", "and 59,951 more mistakes"),
        ("users: &u [*u]", "1: users[0]: found a list, expected keys with values"),
        ("[" * 100_000, " found YAML nested too deeply"),
        ("users: [{timezone: " + "a/" * 2000 + "}]", "expected a time zone such as Europe/Berlin"),
    ],
    ids=["tab", "no character", "half a character", "too large", "many", "itself", "deep", "long path"],
)
def test_says_what_is_wrong_with_a_file_that_is_none(settings: Settings, text: str, says: str):
    settings.path.write_text(text)

    said = check(settings)

    assert (said.returncode, said.stdout) == (3, "")
    assert says in said.stderr
    assert "Traceback" not in said.stderr
    assert len(said.stderr.splitlines()) <= 51


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"mailgun": {**MAILGUN, "base_url": "https://gateway.internal.mail.example.org/v3/?x=1"}},
            "mailgun.base_url: found 'https://gateway.internal.mail.example.org/v3/?x=1', expected an http",
        ),
        (
            {"mailgun": {**MAILGUN, "base_url": "https://" + "a" * 9000 + "?"}},
            "mailgun.base_url: found 'https://a",
        ),
        ({"mailgun": {**MAILGUN, "from": "a" + " " * 9000 + "b"}}, "mailgun.from: found 'a  "),
        (
            {"prometheus": {"url": "http://127.0.0.1:9090/graph"}},
            "prometheus.url: found the address of a page, /graph, expected Prometheus' own, http://127.0.0.1:9090",
        ),
        ({"webhook": {"token_file": "nowhere"}}, "webhook.token_file: found cannot read "),
        (
            {"users": [{"name": "ann", "email": "ann@example.org", "hosts": ["[" * 20_000]}]},
            "users[0].hosts[0]: found '[[[",
        ),
        ({"smtp": {"host": "smtp.example.org"}}, "smtp: found no `mailgun:`, expected one"),
        (
            {"database": "sqlite:////nowhere/at/all.db"},
            "database: found /nowhere/at/all.db, but there is no folder",
        ),
        ({"database": "sqlite:////tmp"}, "database: found /tmp, which is a folder"),
        ({"heartbeat": {"alarm_after": "1s"}}, "heartbeat.alarm_after: found 1 s, expected 90s or more"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_says_the_line_and_what_is_wrong_with_a_value(
    settings: Settings, changed: dict[str, object], says: str
):
    settings.write(**changed)

    said = check(settings)

    assert (said.returncode, said.stdout) == (3, "")
    (mistake,) = said.stderr.splitlines()
    place, _, words = mistake.removeprefix(f"{settings.path}:").partition(": ")
    lines = settings.path.read_text().splitlines()
    assert words.startswith(says)
    assert words.partition(":")[0].rpartition(".")[2].partition("[")[0] + ":" in "".join(
        lines[max(0, int(place) - 2) : int(place)]
    )


def test_tells_mistakes_of_all_kinds_at_once(settings: Settings):
    settings.write(
        database="sqlite:////nowhere/bridge.db",
        heartbeat={"alarm_after": "1s"},
        mailgun=MAILGUN,
    )

    said = check(settings)

    assert [line.split(": ")[1] for line in said.stderr.splitlines()] == [
        "heartbeat.alarm_after",
        "database",
        "mailgun.api_key_file",
    ]


def test_a_warning_leaves_the_exit_code_at_0(settings: Settings):
    mailgun = through("http://relay.example.org", settings.folder)
    settings.write(mailgun={**mailgun, "from": "ann@gmail.com"})

    said = check(settings)

    assert said.returncode == 0
    assert "warning: mailgun.from: gmail.com is not of the domain that Mailgun signs for" in said.stderr
    assert "warning: mailgun.base_url: the API key and every mail travel to relay.example.org" in said.stderr


def test_warns_of_a_folder_for_the_database_that_is_not_there_yet(settings: Settings):
    settings.write(database="sqlite:////var/lib/marax/alertbridge.db")
    if Path("/var/lib/marax").exists():
        pytest.skip("a bridge is installed on this machine")

    said = check(settings)

    assert said.returncode == 0
    assert "warning: database: there is no folder /var/lib/marax yet" in said.stderr

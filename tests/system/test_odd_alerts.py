"""Odd alerts and a `max_alerts`, through a real Alertmanager to the mails."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
import yaml

from marax.clock import SystemClock
from tests.alertbridge.installed import TOKEN, Served, Settings
from tests.deploy.running import running_alertmanager
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

USERS = [
    {"name": "ann", "email": "ann@example.org"},
    {"name": "ops", "email": "ops@example.org", "admin": True},
]
MOST = 3


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path)
    settings.write(users=USERS)
    return settings


@pytest.fixture
def bridge(settings: Settings) -> Iterator[Served]:
    served = Served(settings)
    yield served
    served.kill()


@pytest.fixture
def alertmanager(bridge: Served, tmp_path: Path) -> Iterator[str]:
    webhook = {
        "url": bridge.url + "/alerts",
        "max_alerts": MOST,
        "http_config": {"authorization": {"type": "Bearer", "credentials": TOKEN}},
    }
    config = {
        "route": {
            "receiver": "marax.hosts",
            "group_by": ["alertname"],
            "group_wait": "0s",
            "group_interval": "1s",
        },
        "receivers": [{"name": "marax.hosts", "webhook_configs": [webhook]}],
    }
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config))
    with running_alertmanager(path) as url:
        yield url


def push(url: str, *alerts: Mapping[str, object]) -> None:
    """Post *alerts* at Alertmanager's API, as Prometheus does."""
    request = urllib.request.Request(f"{url}/api/v2/alerts", data=json.dumps(alerts).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
        pass


def now() -> str:
    return datetime.fromtimestamp(SystemClock().unix_seconds(), UTC).isoformat()


def an_alert(name: str, host: str, **fields: object) -> dict[str, object]:
    return {"labels": {"alertname": name, "host": host}, "startsAt": now()} | fields


def mails(settings: Settings, subject: str) -> list[EmailMessage]:
    """Return the mails with that *subject*."""
    parser = BytesParser(policy=policy.default)
    found = [parser.parsebytes(path.read_bytes()) for path in settings.folder.glob("mail/new/*")]
    return [mail for mail in found if mail["Subject"] == subject]


def text_of(mail: EmailMessage) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())  # type: ignore[union-attr] # it has one


def test_a_start_in_1970_keeps_no_alert_of_its_group_from_being_told(settings, bridge, alertmanager):
    push(
        alertmanager,
        an_alert("Failed", "db-9", startsAt="1970-01-01T00:00:00.001Z"),
        an_alert("Failed", "web-1", annotations={"summary": "failed"}),
    )

    wait_until(lambda: all(mails(settings, f"[WARN] {title}") for title in ("web-1: failed", "db-9: Failed")))
    odd = text_of(mails(settings, "[WARN] db-9: Failed")[0])
    assert "Its start time cannot be used (1970-01-01T00:00:00.001Z)" in odd
    assert "cannot be used" not in text_of(mails(settings, "[WARN] web-1: failed")[0])
    assert bridge.sample("alertbridge_odd_alerts_total", result="told") == 1


def test_the_admins_are_told_of_alerts_that_alertmanager_left_out_and_that_it_is_whole_again(
    settings, bridge, alertmanager
):
    alerts = [an_alert("Busy", f"web-{number}") for number in range(MOST + 2)]
    push(alertmanager, *alerts)

    wait_until(lambda: mails(settings, "[WARN] receiver marax.hosts: alerts left out"))
    (mail,) = mails(settings, "[WARN] receiver marax.hosts: alerts left out")
    assert mail["To"].addresses[0].addr_spec == "ops@example.org"
    assert '2 alerts were left out of a notification of the group {}:{alertname="Busy"}.' in text_of(mail)
    assert (bridge.sample("alertbridge_truncated_alerts_total") or 0) >= 2

    push(alertmanager, *(alert | {"endsAt": now()} for alert in alerts[2:]))
    wait_until(lambda: (bridge.sample("alertbridge_truncated_alerts_total") or 0) >= 4)
    push(alertmanager, alerts[0] | {"endsAt": now()})

    wait_until(lambda: mails(settings, "[OK] receiver marax.hosts: alerts left out"))

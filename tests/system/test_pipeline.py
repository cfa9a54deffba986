"""The whole of it on real parts: a host dies, people get the mail; it comes back, they get the mail."""

import time
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scripts.stack.stack import Plan, Stack
from scripts.stack.timings import Timings
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_account import Message
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.system

USERS = (
    {"name": "ann", "email": "ann@example.org", "hosts": ["web-*"], "severities": ["critical"]},
    {"name": "bob", "email": "bob@example.org", "hosts": ["db-*"]},
    {"name": "ops", "email": "ops@example.org", "admin": True, "timezone": "Europe/Berlin"},
)
TIMINGS = Timings()
MARGIN_SECONDS = 2.0


@pytest.fixture
def mailgun():
    with MailgunStandIn() as standin:
        yield standin


@pytest.fixture
def stack(start_stack, mailgun, tmp_path) -> Stack:
    key_file = tmp_path / "mailgun.key"
    key_file.write_text("key-0123456789abcdef\n")
    settings = {
        "domain": "mg.example.org",
        "api_key_file": str(key_file),
        "from": "marax <alerts@mg.example.org>",
        "base_url": mailgun.url,
    }
    plan = Plan(hosts=("web-1", "db-1"), users=USERS, bridge={"mailgun": settings}, timings=TIMINGS)
    started: Stack = start_stack(plan)
    wait_until(lambda: answered_scrapes(started, "web-1") >= 3, "web-1 is scraped")
    return started


def answered_scrapes(stack: Stack, host: str) -> float:
    query = f'sum_over_time(up{{job="marax",host="{host}"}}[1m])'
    answer = stack.prometheus.ask(f"/api/v1/query?query={query}")
    return sum(float(series["value"][1]) for series in answer["data"]["result"])


def bridge_metric(stack: Stack, name: str, **labels: str) -> float:
    """Return the sum of what the bridge exposes as *name* with at least these *labels*."""
    with urlopen(f"http://{stack.bridge.address}/metrics", timeout=PATIENCE_SECONDS) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


def pending(stack: Stack) -> float:
    return bridge_metric(stack, "alertbridge_outbox_pending")


def repeated(stack: Stack) -> float:
    return bridge_metric(stack, "alertbridge_alerts_total", verdict="repeated")


def told(mailgun: MailgunStandIn, state: str) -> list[Message]:
    return [message for message in mailgun.messages if message.subject.startswith(f"[{state}]")]


def recipients(messages: list[Message]) -> list[str]:
    return sorted(address for message in messages for address in message.to)


def test_each_who_wants_to_know_gets_one_mail_down_and_one_up(stack, mailgun):
    died = time.monotonic()
    stack.exporters["web-1"].kill()
    wait_until(lambda: len(told(mailgun, "DOWN")) >= 2, "the DOWN mails are there")
    took_seconds = time.monotonic() - died
    time.sleep(2 * TIMINGS.group_interval_seconds)  # room for a second mail that must not come

    down = told(mailgun, "DOWN")
    assert recipients(down) == ["ann@example.org", "ops@example.org"]
    assert took_seconds <= TIMINGS.death_to_webhook_seconds + MARGIN_SECONDS
    for message in down:
        assert message.subject == "[DOWN] web-1"
        assert "connection refused" in message.text
        assert "It last answered on" in message.text
        assert "\nGraph: http://" in message.text

    stack.exporters["web-1"].start()
    wait_until(lambda: len(told(mailgun, "UP")) >= 2, "the UP mails are there")
    time.sleep(2 * TIMINGS.group_interval_seconds)

    up = told(mailgun, "UP")
    assert recipients(up) == ["ann@example.org", "ops@example.org"]
    assert {message.subject for message in up} == {"[UP] web-1"}
    assert all("Up again after" in message.text for message in up)
    roots = {message.to[0]: message.message_id for message in down}
    assert all(message.headers["References"] == roots[message.to[0]] for message in up)
    assert len(mailgun.messages) == 4


def test_mails_wait_for_a_mailgun_that_is_away_and_none_is_lost_or_doubled(stack, mailgun):
    mailgun.misbehave("500=100")
    stack.exporters["web-1"].kill()
    wait_until(lambda: pending(stack) == 2, "both mails wait")
    stack.bridge.kill()
    mailgun.behave()
    stack.bridge.start()

    wait_until(lambda: len(told(mailgun, "DOWN")) >= 2, "the DOWN mails are there")

    time.sleep(2 * TIMINGS.group_interval_seconds)
    assert recipients(told(mailgun, "DOWN")) == ["ann@example.org", "ops@example.org"]


def test_an_alertmanager_that_was_killed_brings_no_new_mail(stack, mailgun):
    stack.exporters["web-1"].kill()
    wait_until(lambda: len(told(mailgun, "DOWN")) >= 2, "the DOWN mails are there")

    stack.alertmanager.kill()
    stack.alertmanager.start()
    stack.alertmanager.wait_until_ready()
    repeats = repeated(stack)
    wait_until(lambda: repeated(stack) > repeats, "Alertmanager posts again")

    assert len(mailgun.messages) == 2

"""The installed bridge that heartbeats stop reaching, or that does not run itself for a while.

The waits of real Prometheis and Alertmanagers are scaled: an alarm after five minutes comes after 20 seconds.
"""

import os
import signal
import time
from dataclasses import replace

import pytest

from alertbridge.alerts.alert import Alert
from marax.clock import SystemClock
from scripts.stack.part import Part
from scripts.stack.stack import Plan, Stack
from tests.alertbridge.alert_builders import a_heartbeat, payload_of
from tests.alertbridge.installed import Served, Settings, through
from tests.standin.mailgun import MailgunStandIn
from tests.waiting import wait_until

pytestmark = pytest.mark.system

ALARM_AFTER_SECONDS = 6.0
SCALED_SECONDS = 20.0
NAMED = "monitoring (site=paris): no sign of life"


class Site:
    """A bridge that heartbeats reach once a second, as often as somebody waits for something."""

    def __init__(self, folder, mailgun: MailgunStandIn) -> None:
        settings = Settings(folder)
        settings.write(
            mailgun=through(mailgun.url, folder), heartbeat={"alarm_after": f"{ALARM_AFTER_SECONDS:.0f}s"}
        )
        self.mailgun = mailgun
        self.bridge = Served(settings)

    def subjects(self) -> list[str]:
        return [message.subject for message in self.mailgun.messages]

    def beat(self, *sites: str) -> None:
        self.bridge.post(payload_of(*map(heartbeat_of, sites)))

    def beat_for(self, seconds: float, *sites: str) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.beat(*sites)
            time.sleep(1)

    def beat_until_mails(self, number: int, *sites: str) -> None:
        def is_there() -> bool:
            self.beat(*sites)
            return len(self.mailgun.messages) >= number

        wait_until(is_there)


def heartbeat_of(site: str) -> Alert:
    heartbeat = a_heartbeat(SystemClock().unix_seconds())
    return replace(heartbeat, labels={**heartbeat.labels, "site": site})


@pytest.fixture
def site(tmp_path):
    with MailgunStandIn() as mailgun:
        made = Site(tmp_path, mailgun)
        yield made
        made.bridge.kill()


def test_of_two_heartbeats_the_missing_one_is_named_and_its_return_is_in_the_same_thread(site):
    site.beat_for(3, "paris", "berlin")
    site.beat_until_mails(1, "berlin")
    (blind,) = site.mailgun.messages
    assert blind.subject == f"[BLIND] {NAMED}"
    assert "Other heartbeats still come (site=berlin)" in " ".join(blind.text.split())

    site.beat_until_mails(2, "paris", "berlin")
    back = site.mailgun.messages[1]
    assert back.subject == f"[OK] {NAMED}"
    assert back.headers["References"] == blind.message_id


def test_a_bridge_that_was_stopped_sends_no_alarm_but_says_afterwards_that_it_was(site):
    site.beat_for(3, "paris", "berlin")
    site.bridge.tell(signal.SIGSTOP)
    time.sleep(ALARM_AFTER_SECONDS + 4)
    site.bridge.tell(signal.SIGCONT)
    time.sleep(2)
    site.beat_for(ALARM_AFTER_SECONDS + 4, "paris", "berlin")

    assert site.subjects() == ["[OK] monitoring: no sign of life"]
    assert "This bridge itself did not run for 1" in " ".join(site.mailgun.messages[0].text.split())


@pytest.fixture
def stack(start_stack) -> Stack:
    """Return a stack of real parts whose heartbeat has come."""
    started: Stack = start_stack(Plan(bridge={"heartbeat": {"alarm_after": f"{SCALED_SECONDS:.0f}s"}}))
    time.sleep(10)
    assert started.mails() == []
    return started


def suspend(seconds: float, *parts: Part) -> None:
    pids = [part.pid for part in parts if part.pid is not None]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def subjects_of(stack: Stack) -> list[str]:
    return [mail["Subject"] for mail in stack.mails()]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(SCALED_SECONDS * 0.7, []), (SCALED_SECONDS * 1.5, ["[OK] monitoring: no sign of life"])],
)
def test_a_machine_that_was_suspended_sends_no_alarm_and_one_mail_at_most(stack, seconds, told):
    suspend(seconds, *stack.parts)
    time.sleep(SCALED_SECONDS * 1.5)

    assert subjects_of(stack) == told


def test_a_prometheus_that_is_stopped_is_told_by_its_last_evaluation_and_so_is_its_return(stack):
    suspend(SCALED_SECONDS * 1.6, stack.prometheus)
    wait_until(lambda: len(stack.mails()) == 2)

    assert subjects_of(stack) == [f"[{kind}] monitoring: no sign of life" for kind in ("BLIND", "OK")]

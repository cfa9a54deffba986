"""Nights and days through the courier into a Maildir: what somebody with quiet hours finds there."""

import email
import email.policy
from datetime import time
from pathlib import Path

import pytest

from alertbridge.background.reminders import ReminderScheduler
from alertbridge.composing.composer import MailComposer
from alertbridge.delivery.courier import Courier, DeliveryConfig
from alertbridge.delivery.failover import PrimaryTransport
from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailer import Finding, Unknowable
from alertbridge.delivery.retry import Backoff
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import open_outbox
from alertbridge.prometheus.findings import NoPrometheus
from alertbridge.rendering.renderer import Renderer
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings, TimeZone
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

HOUR = 3600.0
EVENING = T0 - 800 + 7 * HOUR  # 23:00 in Berlin
MORNING = EVENING + 8 * HOUR


class Bridge:
    """All of the bridge behind its web room; nobody has to wait for its clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(EVENING)
        self.maildir = folder / "maildir"
        self.outbox = open_outbox(f"sqlite:///{folder}/bridge.db", transport="maildir")
        self.metrics = Metrics()
        self.metrics.watch_backlog(
            lambda: self.outbox.backlog(self.clock.unix_seconds()), self.clock.unix_seconds
        )
        quiet = QuietSettings(hours=QuietHours(time(22), time(7)))
        self.routing = a_routing(a_user(quiet=quiet, timezone=TimeZone("Europe/Berlin")))
        composer = MailComposer(
            renderer=Renderer(),
            enricher=NoPrometheus(),
            sender="marax <alerts@mg.example.org>",
            clock=self.clock,
            metrics=self.metrics,
        )
        transport = PrimaryTransport(MaildirMailer(self.maildir, self.clock), self, self.clock)
        delivery = DeliveryConfig(routing=self.routing, composer=composer, mailer=transport)
        live = FakeLiveConfig(routing=self.routing, delivery=delivery)
        wakeup = Wakeup(longest_wait_seconds=1)
        self.courier = Courier(
            notices=self.outbox.notices,
            live=live,
            wakeup=wakeup,
            reports=self,
            backoff=Backoff(),
            clock=self.clock,
            metrics=self.metrics,
        )
        self.reminders = ReminderScheduler(
            reminders=self.outbox.reminders, live=live, clock=self.clock, on_news=wakeup.notify
        )

    def find(self, _message_id: str) -> Finding:
        return Unknowable()

    def note_refused(self, _user_name: str, _reason: str) -> None:
        raise AssertionError

    def note_accepted(self, _user_name: str) -> None:
        """Nobody was refused before."""

    def note_delivered(self, user_name: str) -> None: ...

    def take(self, *alerts) -> None:
        self.outbox.intake.take(alerts, self.routing, self.clock.unix_seconds())

    def mails_by(self, unix_seconds: float) -> list[str]:
        """Let the time pass in steps of ten minutes; return the subjects of the mails that came."""
        while self.clock.unix_seconds() < unix_seconds:
            self.work()
            self.clock.advance(min(600.0, unix_seconds - self.clock.unix_seconds()))
        self.work()
        return self.collected()

    def work(self) -> None:
        self.reminders.run()
        while self.courier.turn():
            pass

    def collected(self) -> list[str]:
        paths = sorted((self.maildir / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
        for path in paths:
            path.unlink()
        return [mail["Subject"] for mail in mails]


@pytest.fixture
def bridge(tmp_path):
    made = Bridge(tmp_path)
    yield made
    made.outbox.close()


def warn(host: str, ends: float | None = None):
    return an_alert(host, alertname="HighCpu", severity="warning", starts=EVENING, ends=ends)


def test_a_night_is_told_in_the_morning_and_the_days_news_and_reminders_as_ever(bridge):
    for host in ("web-1", "web-2", "web-3"):
        bridge.take(warn(host))
    bridge.take(an_alert("db-1", starts=EVENING))
    assert bridge.mails_by(EVENING + HOUR) == ["[DOWN] db-1"]
    assert bridge.metrics.registry.get_sample_value("alertbridge_outbox_held") == 3

    bridge.take(warn("web-3", ends=EVENING + HOUR))
    bridge.take(an_alert("db-1", starts=EVENING, ends=EVENING + HOUR))
    assert bridge.mails_by(MORNING - 1) == ["[UP] db-1"]

    assert bridge.mails_by(MORNING) == ["[DIGEST] 3 alerts during quiet hours, 2 still firing"]
    assert bridge.metrics.registry.get_sample_value("alertbridge_outbox_held") == 0
    bridge.take(warn("web-1", ends=MORNING + HOUR))
    assert bridge.mails_by(MORNING + HOUR) == ["[OK] web-1: host not answering"]
    assert bridge.mails_by(MORNING + 24 * HOUR - 1) == []
    assert bridge.mails_by(MORNING + 25 * HOUR) == ["[REMINDER] 1 alert still firing: web-2"]
    assert bridge.mails_by(MORNING + 47 * HOUR) == []


def test_a_night_with_one_incident_is_told_by_its_own_mail(bridge):
    bridge.take(warn("web-1"))

    assert bridge.mails_by(MORNING) == ["[WARN] web-1: host not answering"]


def test_reminders_are_for_the_next_run_while_the_store_cannot_be_used(bridge):
    bridge.outbox.database.close()
    path = bridge.maildir.parent / "bridge.db"
    path.rename(path.with_suffix(".away"))
    path.mkdir()

    with pytest.raises(StoreError):
        bridge.reminders.run()

    path.rmdir()

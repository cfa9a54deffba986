"""The dead man's switch on a real outbox: who is told what, and how often."""

from dataclasses import replace

import pytest

from alertbridge.background.heartbeat import Heartbeat, evaluated_unix_seconds
from alertbridge.mail.facts import Kind
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

ALARM_AFTER_SECONDS = 300.0


class Watch:
    """A heartbeat whose alerts go into an outbox; it can be restarted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = FakeClock(T0)
        self.routing = a_routing(a_user("ann", hosts=("web-*",)), a_user("bob", severities=("info",)))
        self.diagnoses = self.beats = 0
        self.start()

    def start(self) -> None:
        self.outbox = open_outbox(self.url, transport="mailgun")
        self.heartbeat = Heartbeat(
            store=self.outbox.heartbeat,
            raise_alert=lambda alert: self.outbox.intake.take(
                [alert], self.routing, self.clock.unix_seconds()
            ),
            live=FakeLiveConfig(diagnose=self.diagnose),
            clock=self.clock,
            on_beat=self.note_beat,
        )

    def stop(self) -> None:
        self.outbox.close()

    def note_beat(self) -> None:
        self.beats += 1

    def diagnose(self) -> str:
        self.diagnoses += 1
        return "Prometheus does not answer."

    def wait(self, seconds: float) -> None:
        """Let time pass as the loop does, checking every five seconds."""
        for _ in range(int(seconds // 5)):
            self.clock.advance(5)
            self.heartbeat.check()

    def told(self) -> list[tuple[str, Kind, str]]:
        """Send what is owed; return for each mail its reader, its kind and what it says."""
        mails = []
        while claim := self.outbox.notices.claim(self.routing, self.clock.unix_seconds()):
            (told,) = claim.reported
            kind = self.routing.kind_of(told.episode.alert, is_over=told.is_over)
            mails.append((claim.user_name, kind, told.episode.alert.annotations["description"]))
            self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
        return mails


@pytest.fixture
def watch(tmp_path):
    made = Watch(f"sqlite:///{tmp_path}/bridge.db")
    yield made
    made.stop()


BLIND = ("ann", Kind.BLIND, "Prometheus does not answer.")


def test_a_steady_heartbeat_is_told_to_nobody(watch):
    for _ in range(20):
        watch.wait(60)
        watch.heartbeat.beat()

    assert watch.told() == []
    assert watch.beats == 20


def test_silence_is_told_once_to_all_who_want_critical_alerts_whatever_hosts_they_watch(watch):
    watch.heartbeat.beat()
    watch.wait(ALARM_AFTER_SECONDS - 5)
    assert watch.told() == []

    watch.wait(5)
    assert watch.told() == [BLIND]
    watch.wait(3600)
    assert watch.told() == []
    assert watch.diagnoses == 1


def test_its_return_is_told_once(watch):
    watch.wait(600)
    watch.told()
    watch.heartbeat.beat()
    watch.heartbeat.beat()

    assert [(user, kind) for user, kind, _ in watch.told()] == [("ann", Kind.OK)]
    watch.wait(ALARM_AFTER_SECONDS)
    assert watch.told() == [BLIND]


def test_a_heartbeat_that_has_never_come_is_missed_too(watch):
    watch.wait(ALARM_AFTER_SECONDS)

    assert watch.told() == [BLIND]


def test_a_restart_neither_forgets_the_silence_nor_tells_it_again(watch):
    watch.wait(200)
    watch.stop()
    watch.clock.advance(7200)  # the bridge does not run: nobody could have told it anything
    watch.start()
    watch.wait(95)
    assert watch.told() == []

    watch.wait(5)
    assert watch.told() == [BLIND]
    watch.stop()
    watch.start()
    watch.wait(600)
    assert watch.told() == []


@pytest.mark.parametrize("jump_seconds", [86_400.0, -86_400.0])
def test_setting_the_clock_raises_no_alarm_and_hides_none(watch, jump_seconds):
    watch.heartbeat.beat()
    watch.wait(100)
    watch.clock.jump(jump_seconds)
    watch.heartbeat.check()
    assert watch.told() == []

    watch.wait(200)
    assert [kind for _, kind, _ in watch.told()] == [Kind.BLIND]


def test_its_return_is_told_at_once_after_the_clock_was_set_back(watch):
    watch.heartbeat.beat()
    watch.wait(600)
    watch.told()
    watch.clock.jump(-3600.0)

    watch.heartbeat.beat()

    assert [kind for _, kind, _ in watch.told()] == [Kind.OK]


def test_a_heartbeat_that_alertmanager_repeats_after_prometheus_has_stopped_is_no_sign_of_life(watch):
    watch.heartbeat.beat(T0)
    for minute in range(1, 5):
        watch.wait(60)
        watch.heartbeat.beat(T0)
        assert watch.told() == [], f"minute {minute}"

    watch.wait(60)
    assert watch.told() == [BLIND]
    watch.heartbeat.beat(T0 + 310)
    assert [kind for _, kind, _ in watch.told()] == [Kind.OK]


@pytest.mark.parametrize(
    ("annotation", "evaluated"),
    [
        ("1790000000", T0),
        ("1790000000.25", T0 + 0.25),
        ("", None),
        ("-1", None),
        ("1e400", None),
        ("nan", None),
        ("<error expanding template>", None),
    ],
)
def test_reads_when_a_heartbeat_was_evaluated_or_that_it_does_not_say(annotation, evaluated):
    heartbeat = replace(an_alert("", alertname="Watchdog"), annotations={"evaluated_at": annotation})

    assert evaluated_unix_seconds(heartbeat) == evaluated


def test_a_moment_to_come_is_no_newer_than_any(watch):
    watch.heartbeat.beat(T0 + 1e9)
    for _ in range(10):
        watch.wait(60)
        watch.heartbeat.beat(watch.clock.unix_seconds() - 5)

    assert watch.told() == []
    assert watch.heartbeat.evaluated_unix_seconds() == watch.clock.unix_seconds() - 5


def test_a_clock_that_is_set_back_does_not_make_every_heartbeat_old(watch):
    watch.heartbeat.beat(T0)
    watch.clock.jump(-86_400)
    for _ in range(10):
        watch.wait(60)
        watch.heartbeat.beat(watch.clock.unix_seconds())

    assert watch.told() == []


def test_a_heartbeat_that_does_not_say_may_be_as_old_as_alertmanager_repeats_them(watch):
    watch.heartbeat.beat()

    assert watch.heartbeat.evaluated_unix_seconds() == T0 - 300


def test_what_was_evaluated_outlasts_a_restart(watch):
    watch.heartbeat.beat(T0 - 1)
    watch.stop()
    watch.start()

    assert watch.heartbeat.evaluated_unix_seconds() == T0 - 1

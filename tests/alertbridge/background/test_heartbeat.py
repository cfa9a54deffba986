"""The dead man's switch on a real outbox: who is told what, and how often."""

import json
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import insert

from alertbridge.alerts.alert import Alert
from alertbridge.background.gaps import GapWatch
from alertbridge.background.heartbeat import Heartbeat, evaluated_unix_seconds
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.mail.facts import Kind
from alertbridge.mail.subject import subject_of
from alertbridge.outbox.outbox import open_outbox
from alertbridge.outbox.schema import meta
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

ALARM_AFTER_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    user: str
    kind: Kind
    title: str
    incident_id: str
    description: str
    began: float
    ended: float | None


class Watch:
    """A heartbeat whose alerts go into an outbox; it can be restarted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = FakeClock(T0)
        self.routing = a_routing(a_user("ann", hosts=("web-*",)), a_user("bob", severities=("info",)))
        self.diagnoses = self.beats = 0
        self.live = FakeLiveConfig(diagnose=self.diagnose)
        self.start()

    def start(self) -> None:
        self.outbox = open_outbox(self.url, transport="mailgun")
        self.gaps = GapWatch(self.clock)
        self.heartbeat = Heartbeat(
            store=self.outbox.heartbeat,
            raise_alert=self.take,
            live=self.live,
            clock=self.clock,
            gaps=self.gaps,
            on_beat=self.note_beat,
        )

    def stop(self) -> None:
        self.outbox.close()

    def restart_after(self, silent_seconds: float, site: str) -> None:
        """Start again as if the heartbeat of *site* had been missing for so long."""
        stored = self.outbox.heartbeat.read()
        assert stored is not None
        records = tuple(
            replace(record, silent_seconds=silent_seconds)
            if record.labels is not None and record.labels.get("site") == site
            else record
            for record in stored.records
        )
        self.outbox.heartbeat.write(replace(stored, records=records))
        self.stop()
        self.start()

    def take(self, *alerts: Alert) -> None:
        self.outbox.intake.take(alerts, self.routing, self.clock.unix_seconds())

    def note_beat(self) -> None:
        self.beats += 1

    def diagnose(self) -> str:
        self.diagnoses += 1
        return "Prometheus does not answer."

    def wait(self, seconds: float) -> None:
        """Let time pass as the loops do, looking every second and checking every five."""
        for second in range(1, int(seconds) + 1):
            self.clock.advance(1)
            self.gaps.run()
            if second % 5 == 0:
                self.heartbeat.check()

    def told(self) -> list[tuple[str, Kind, str]]:
        """Send what is owed; return for each mail its reader, its kind and what it says."""
        return [(mail.user, mail.kind, mail.description) for mail in self.mails()]

    def subjects(self) -> list[str]:
        """Send what is owed; return the subject of each mail."""
        return [subject_of(mail.kind, mail.title) for mail in self.mails()]

    def mails(self) -> list[Mail]:
        """Send what is owed, and return it."""
        mails = []
        while claim := self.outbox.notices.claim(self.routing, self.clock.unix_seconds()):
            told = claim.reported[0]
            alert = told.episode.alert
            mails.append(
                Mail(
                    user=claim.user_name,
                    kind=self.routing.kind_of(alert, is_over=told.is_over),
                    title=claim.title,
                    incident_id=claim.incident_id,
                    description=alert.annotations["description"],
                    began=alert.starts_unix_seconds,
                    ended=told.episode.ended_unix_seconds,
                )
            )
            self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
        return mails

    def beat(self, **labels: str) -> None:
        """Let a heartbeat come that was evaluated five seconds ago."""
        self.heartbeat.beat(self.clock.unix_seconds() - 5, {"alertname": "Watchdog", **labels})

    def beat_for(self, minutes: int, *sites: str) -> None:
        """Let the heartbeats of *sites* come once a minute."""
        for _ in range(minutes):
            self.wait(60)
            for site in sites:
                self.beat(site=site, severity="none")


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

    watch.wait(115)
    assert watch.told() == []
    watch.wait(5)
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


def test_with_one_heartbeat_no_labels_are_named(watch):
    watch.beat_for(3, "paris")
    watch.wait(360)

    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]
    watch.beat(site="paris", severity="none")
    assert watch.subjects() == ["[OK] monitoring: no sign of life"]


def test_of_two_heartbeats_the_one_that_is_missing_is_named_and_both_its_mails_are_one_thread(watch):
    watch.beat_for(3, "paris", "berlin")
    watch.beat_for(7, "berlin")

    (blind,) = watch.mails()
    assert (blind.kind, blind.title) == (Kind.BLIND, "monitoring (site=paris): no sign of life")
    assert blind.description.startswith(
        "Other heartbeats still come (site=berlin): check the Prometheus with"
    )
    assert watch.diagnoses == 0
    watch.beat_for(3, "paris", "berlin")
    (back,) = watch.mails()
    assert (back.kind, back.title, back.incident_id) == (Kind.OK, blind.title, blind.incident_id)


def test_where_all_heartbeats_are_missing_the_part_is_named_that_does_not_answer(watch):
    watch.beat_for(3, "paris", "berlin")
    watch.wait(400)

    assert sorted(watch.told()) == [BLIND, BLIND]
    assert watch.diagnoses == 1


def test_many_that_are_missing_at_once_are_told_as_one_and_not_as_hosts(watch):
    watch.beat_for(3, *(f"site-{number}" for number in range(8)))
    watch.beat_for(7)

    subjects = watch.subjects()
    assert subjects == ["[BLIND] no sign of life: site=site-0, site=site-1, site=site-2 +5"]


def test_two_heartbeats_outlast_a_restart_and_nothing_is_told_twice(watch):
    watch.beat_for(3, "paris", "berlin")
    watch.beat_for(4, "berlin")
    watch.stop()
    watch.start()
    watch.beat_for(2, "berlin")
    assert watch.subjects() == ["[BLIND] monitoring (site=paris): no sign of life"]
    watch.stop()
    watch.start()
    watch.beat_for(10, "berlin")
    assert watch.subjects() == []

    watch.stop()
    watch.start()
    watch.beat(site="paris", severity="none")

    assert watch.subjects() == ["[OK] monitoring (site=paris): no sign of life"]


def test_blindness_counts_from_the_last_evaluation_and_lasts_until_the_next(watch):
    watch.beat_for(3, "paris")
    last = watch.clock.unix_seconds() - 5
    watch.wait(350)
    assert watch.mails() == []
    watch.wait(5)
    (blind,) = watch.mails()
    watch.wait(60)
    watch.beat(site="paris", severity="none")
    (back,) = watch.mails()

    assert blind.began == back.began == last
    assert back.ended == watch.clock.unix_seconds() - 5


def test_the_record_of_an_earlier_version_is_taken_over(watch):
    watch.beat_for(1, "paris")
    older = {"last_unix_seconds": T0, "silent_seconds": 290.0, "evaluated_unix_seconds": T0 - 10}
    with watch.outbox.database.transaction() as connection:
        connection.execute(meta.delete().where(meta.c.key == "heartbeats"))
        connection.execute(insert(meta).values(key="pulse", value=json.dumps(older)))
    watch.stop()
    watch.start()

    assert watch.heartbeat.evaluated_unix_seconds() == T0 - 10
    watch.wait(70)
    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]
    watch.beat(site="paris")
    assert watch.subjects() == ["[OK] monitoring: no sign of life"]


def test_one_that_stays_away_for_a_week_is_forgotten_which_is_told_and_watched_again_when_it_comes(watch):
    watch.beat_for(2, "paris", "berlin")
    watch.beat_for(7, "berlin")
    watch.mails()
    watch.restart_after(silent_seconds=7 * 86_400.0, site="paris")
    watch.beat_for(2, "berlin")

    assert watch.subjects() == ["[ENDED] monitoring (site=paris): no sign of life"]
    watch.beat_for(2, "paris", "berlin")
    watch.beat_for(7, "berlin")
    assert watch.subjects() == ["[BLIND] monitoring (site=paris): no sign of life"]


def test_the_last_heartbeat_is_never_forgotten(watch):
    watch.beat_for(2, "paris")
    watch.wait(400)
    watch.mails()
    watch.restart_after(silent_seconds=30 * 86_400.0, site="paris")
    watch.wait(60)

    assert watch.mails() == []
    watch.beat(site="paris", severity="none")
    assert watch.subjects() == ["[OK] monitoring: no sign of life"]


def test_another_alertname_in_the_settings_forgets_the_heartbeats_of_the_one_before(watch):
    watch.beat_for(2, "paris", "berlin")
    watch.beat_for(7, "berlin")
    watch.mails()

    watch.live.heartbeat = HeartbeatSettings(alertname="DeadMansSwitch")
    watch.wait(5)

    assert watch.subjects() == ["[ENDED] monitoring (site=paris): no sign of life"]
    watch.wait(300)
    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]


def test_more_heartbeats_than_the_limit_count_as_one(watch, caplog):
    sites = [f"site-{number}" for number in range(21)]
    watch.beat_for(2, *sites)
    watch.beat_for(20, "site-20")

    assert watch.mails() == []
    assert caplog.text.count("too many different labels") == 1
    watch.wait(360)
    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]


def test_labels_that_change_with_each_heartbeat_raise_no_alarm(watch, caplog):
    for number in range(60):
        watch.wait(60)
        watch.beat(value=str(number))

    assert watch.mails() == []
    assert caplog.text.count("too many different labels") == 1
    watch.wait(360)
    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]


def test_what_a_label_says_is_bounded(watch):
    for site in ("a", "b"):
        watch.heartbeat.beat(T0, {site * 9000: site * 9000, **{f"l{n}": site for n in range(9000)}})
    watch.wait(400)

    assert all(len(subject) <= 78 for subject in watch.subjects())


@pytest.mark.parametrize("seconds", [299.0, 1e6])
def test_a_suspended_machine_raises_no_alarm_and_what_was_too_long_is_told_once_in_the_past(watch, seconds):
    watch.beat_for(3, "paris", "berlin")
    last = watch.clock.unix_seconds() - 5
    watch.clock.suspend(seconds)
    watch.heartbeat.check()
    watch.wait(75)
    first = watch.clock.unix_seconds() - 5
    watch.beat(site="paris", severity="none")
    watch.beat(site="berlin", severity="none")
    watch.beat_for(5, "paris", "berlin")

    mails = watch.mails()
    assert [mail.kind for mail in mails] == ([Kind.OK] if seconds > ALARM_AFTER_SECONDS else [])
    assert all((mail.began, mail.ended) == (last, first) for mail in mails)
    assert all(mail.title == "monitoring: no sign of life" for mail in mails)
    assert all(mail.description.startswith("This bridge itself did not run for") for mail in mails)


def test_a_bridge_that_was_stopped_waits_for_what_is_due_before_it_raises_an_alarm(watch):
    watch.beat_for(3, "paris")
    watch.clock.advance(600)
    watch.wait(145)
    assert watch.mails() == []

    watch.wait(10)
    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]
    watch.beat(site="paris", severity="none")
    assert watch.subjects() == ["[OK] monitoring: no sign of life"]
    watch.beat_for(3, "paris")
    assert watch.subjects() == []


def test_a_heartbeat_from_before_the_gap_does_not_end_it(watch):
    watch.beat_for(3, "paris")
    before = watch.clock.unix_seconds() + 1
    watch.clock.advance(600)
    watch.heartbeat.beat(before, {"site": "paris", "severity": "none"})
    assert watch.mails() == []

    watch.beat_for(1, "paris")
    assert [mail.kind for mail in watch.mails()] == [Kind.OK]


def test_many_short_gaps_do_not_put_off_an_alarm_for_ever(watch):
    watch.beat_for(3, "paris")
    for _ in range(6):
        watch.wait(60)
        watch.clock.advance(10)

    watch.wait(5)
    assert watch.subjects() == ["[BLIND] monitoring: no sign of life"]

"""Whatever happens in whatever order: each user is notified of each change of an episode, once."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, time
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alertbridge.alerts.alert import Alert
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.schema import Purpose
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.severities import severity_of
from alertbridge.routing.users import QuietSettings, RemindEvery, UserSettings
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox

SUBJECTS = st.lists(
    st.tuples(
        st.sampled_from(["web-1", "web-2", "db-1"]),
        st.sampled_from([("HighCpu", "warning"), ("HighCpu", "critical"), ("Disk", "warning")]),
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
NIGHTLY = QuietSettings(hours=QuietHours(time(22), time(7)))
ANN, BOB = "ann", "bob"  # ann has quiet hours, unless the settings say otherwise; bob has none


Subject = tuple[str, tuple[str, str]]


class Night(RuleBasedStateMachine):
    """A bridge through nights and days, and a model of what each user has read."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.outbox = Outbox(self.folder / "bridge.db")
        self.outbox.clock.advance(8 * 3600)  # it is 22:13 now
        self.read_settings(NIGHTLY)
        self.firing: set[Subject] = set()
        self.boots = count(2)
        self.read: Counter[tuple[str, str, int, bool]] = Counter()
        self.reminded: list[float] = []

    @rule(quiet=st.sampled_from([NIGHTLY, None]))
    def read_settings(self, quiet: QuietSettings | None) -> None:
        ann = a_user(ANN, quiet=quiet, remind_every_seconds=RemindEvery(6 * 3600))
        self.outbox.routing = a_routing(ann, a_user(BOB, hosts=("web-*",)), storm_hosts=3)

    @rule(subjects=SUBJECTS)
    def fire(self, subjects: list[Subject]) -> None:
        new = set(subjects) - self.firing
        self.outbox.take(*(alert(one, starts=self.now) for one in sorted(new)))
        self.firing |= new

    @rule(subjects=SUBJECTS)
    def end(self, subjects: list[Subject]) -> None:
        self.outbox.take(*(alert(one, ends=self.now) for one in subjects))
        self.firing -= set(subjects)

    @rule(minutes=st.sampled_from([1, 10, 60, 360]))
    def wait(self, minutes: int) -> None:
        self.outbox.clock.advance(60.0 * minutes)

    @rule()
    def wait_for_the_morning(self) -> None:
        self.outbox.clock.advance(86_400 - (self.now - 7 * 3600) % 86_400)

    @rule()
    def wait_for_the_night(self) -> None:
        self.outbox.clock.advance(86_400 - (self.now - 22 * 3600) % 86_400)

    @rule()
    def remind(self) -> None:
        self.outbox.remind()

    @rule()
    def send(self) -> None:
        while claim := self.claim():
            self.accept(claim)

    @rule()
    def fail(self) -> None:
        if claim := self.claim():
            self.outbox.notices.defer(claim, self.now + 30, "refused")

    @rule(subjects=SUBJECTS)
    def fail_in_the_morning(self, subjects: list[Subject]) -> None:
        self.wait_for_the_morning()
        self.fail()
        self.end(subjects)
        self.wait(1)
        self.send_two_at_a_time()

    @rule()
    def doubt(self) -> None:
        if claim := self.claim():
            self.outbox.notices.defer_ambiguous(claim, self.now + 30, "reset", now_unix_seconds=self.now)

    @rule()
    def send_two_at_a_time(self) -> None:
        first, second = self.claim(), self.claim()
        for claim in (second, first):
            if claim:
                self.accept(claim)

    @rule()
    def crash(self) -> None:
        self.claim()
        self.outbox.restart(f"boot-{next(self.boots)}")
        self.outbox.notices.recover(self.now)

    @invariant()
    def nothing_is_told_twice(self) -> None:
        assert [told for told, times in self.read.items() if times > 1] == []

    @invariant()
    def a_reminder_is_none_within_six_hours(self) -> None:
        assert all(b - a >= 6 * 3600 for a, b in zip(self.reminded, self.reminded[1:], strict=False))

    def teardown(self) -> None:
        try:
            self.drain()
        finally:
            self.outbox.database.close()
            shutil.rmtree(self.folder)

    def drain(self) -> None:
        """Send all that is owed, whatever the hour, and hold what was read against what is stored."""
        self.outbox.routing = a_routing(a_user(ANN), a_user(BOB, hosts=("web-*",)), storm_hosts=3)
        for _ in range(4):
            self.outbox.clock.advance(300)
            self.send()
        assert self.stored("SELECT count(*) FROM notices WHERE state IN ('pending', 'sending', 'held')") == [
            (0,)
        ]
        query = (
            "SELECT alert_id, number, ended_unix_seconds, labels ->> '$.host', labels ->> '$.severity', "
            "incident_id || alertname || host FROM episodes"
        )
        rows = self.stored(query)
        for alert_id, number, ended, host, severity, subject in rows:
            key = alert_id, number, ended is not None
            others = [row for row in rows if row[-1] == subject and row[:2] != (alert_id, number)]
            expected = {1, 0} if is_stood_for(ended, severity, others) else {1}
            assert self.read[ANN, *key] in expected
            assert self.read[BOB, *key] in (expected if host.startswith("web-") else {0})

    @property
    def now(self) -> float:
        return self.outbox.clock.unix_seconds()

    def claim(self) -> Claim | None:
        claim = self.outbox.claim()
        if claim and not claim.is_ambiguous:
            user = self.outbox.routing.user(claim.user_name)
            assert user is not None
            news = {severity_of(one.episode.alert) for one in claim.reported if one.is_news}
            assert "critical" in news or not is_night_of(user, self.now)
        return claim

    def accept(self, claim: Claim) -> None:
        self.outbox.notices.accept(claim, "id", self.now, last_answered={})
        for told in claim.reported:
            if told.is_news:
                self.read[claim.user_name, told.episode.alert_id, told.episode.number, told.is_over] += 1
        if claim.purpose is Purpose.REMINDER and claim.user_name == ANN:
            self.reminded.append(self.now)

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "bridge.db")) as connection:
            return connection.execute(query).fetchall()


def alert(subject: Subject, *, starts: float = T0, ends: float | None = None) -> Alert:
    host, (name, severity) = subject
    return an_alert(host, alertname=name, severity=severity, starts=starts, ends=ends)


def is_stood_for(ended: float | None, severity: str, others: list[tuple[Any, ...]]) -> bool:
    """Return whether another alert of the name, host and incident says how things are.

    Of a firing one, that is a worse one that fires; of one that ended, one that fires or ended no sooner.
    """
    if ended is None:
        return severity == "warning" and any(row[2] is None and row[4] == "critical" for row in others)
    return any(row[2] is None or row[2] >= ended for row in others)


def is_night_of(user: UserSettings, now: float) -> bool:
    hour = datetime.fromtimestamp(now, UTC).hour
    return user.quiet is not None and (hour >= 22 or hour < 7)


Night.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestNight = Night.TestCase

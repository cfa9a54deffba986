"""Whatever happens in whatever order: no host that answers is reported down, and no outage is forgotten."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import time
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alertbridge.alerts.alert import Alert
from alertbridge.composing.not_yet import not_yet, subjects_to_check
from alertbridge.outbox.claim import Claim
from alertbridge.prometheus.findings import Findings, HostFindings, NewestScrape
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox

ANN, BOB = "ann", "bob"  # ann has quiet hours, in which nothing passes
NIGHTLY = QuietSettings(hours=QuietHours(time(22), time(7)), passing=())
HOSTS = st.lists(st.sampled_from(["web-1", "web-2", "web-3", "db-1"]), min_size=1, max_size=4, unique=True)
FLEET, OWN = "FleetDown", "AlertBridgeDown"


class Days(RuleBasedStateMachine):
    """A bridge whose mails leave late, hosts that come and go, and what each user has read."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.outbox = Outbox(self.folder / "bridge.db")
        self.outbox.routing = a_routing(a_user(ANN, quiet=NIGHTLY), a_user(BOB), storm_hosts=2)
        self.boots = count(2)
        self.firing: dict[str, float] = {}
        self.answering: set[str] = set()
        self.read: Counter[tuple[str, str, int, bool]] = Counter()

    @rule(hosts=HOSTS)
    def fire(self, hosts: list[str]) -> None:
        self.fire_all(hosts)
        self.answering -= set(hosts)

    @rule(hosts=HOSTS)
    def answer_again(self, hosts: list[str]) -> None:
        self.answering |= set(hosts)

    @rule(hosts=HOSTS, back=HOSTS)
    def fire_and_send_late(self, hosts: list[str], back: list[str]) -> None:
        self.fire(hosts)
        self.wait(5)
        self.answer_again(back)
        self.send()

    @rule(hosts=HOSTS)
    def go_again(self, hosts: list[str]) -> None:
        self.answering -= set(hosts)

    @rule(hosts=HOSTS)
    def end(self, hosts: list[str]) -> None:
        self.end_all(hosts)

    @rule(name=st.sampled_from([FLEET, OWN]))
    def fire_other(self, name: str) -> None:
        self.fire_all([name])

    @rule(name=st.sampled_from([FLEET, OWN]))
    def end_other(self, name: str) -> None:
        self.end_all([name])

    @rule(seconds=st.sampled_from([1, 5, 60, 600, 6 * 3600]))
    def wait(self, seconds: int) -> None:
        self.outbox.clock.advance(seconds)

    @rule()
    def send(self) -> None:
        while claim := self.claim():
            self.accept(claim)

    @rule()
    def fail(self) -> None:
        if claim := self.claim():
            self.outbox.notices.defer(claim, self.now + 30, "refused")

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

    @rule(is_sending=st.booleans())
    def crash(self, is_sending: bool) -> None:  # noqa: FBT001 - drawn
        if is_sending:
            self.claim()
        else:
            self.outbox.notices.claim(self.outbox.routing, self.now)
        self.outbox.restart(f"boot-{next(self.boots)}")
        self.outbox.notices.recover(self.now)

    @invariant()
    def nothing_is_reported_twice(self) -> None:
        assert [what for what, times in self.read.items() if times > 1] == []

    def teardown(self) -> None:
        try:
            self.drain()
        finally:
            self.outbox.close()
            shutil.rmtree(self.folder)

    def drain(self) -> None:
        """Let everything end but what is still down, and send all that is owed."""
        self.end_all([FLEET, OWN, *sorted(self.answering)])
        self.outbox.routing = a_routing(a_user(ANN), a_user(BOB), storm_hosts=2)
        for _ in range(6):
            self.outbox.clock.advance(300)
            self.send()
        states = {state for (state,) in self.stored("SELECT state FROM notices")}
        assert states <= {"accepted", "superseded", "digested"}
        query = "SELECT alert_id, number, alertname, opened_unix_seconds, ended_unix_seconds FROM episodes"
        rows = self.stored(query)
        fleets = [(opened, ended) for _, _, name, opened, ended in rows if name == FLEET]
        for alert_id, number, name, opened, ended in rows:
            for user in (ANN, BOB):
                is_told = self.read[user, alert_id, number, ended is not None] == 1
                is_within = any(first <= opened and ended and ended <= last for first, last in fleets)
                was_told = self.read[user, alert_id, number, False] == 1
                assert is_told or (name == "HostDown" and is_within and not was_told)

    @property
    def now(self) -> float:
        return self.outbox.clock.unix_seconds()

    def fire_all(self, names: list[str]) -> None:
        new = [name for name in names if name not in self.firing]
        self.firing |= dict.fromkeys(new, self.now)
        self.outbox.take(*(alert(name, starts=self.now) for name in new))

    def end_all(self, names: list[str]) -> None:
        ended = [(name, self.firing.pop(name)) for name in names if name in self.firing]
        self.outbox.take(*(alert(name, starts=starts, ends=self.now) for name, starts in ended))

    def claim(self) -> Claim | None:
        """Return the next notice that leaves, without what Prometheus says is no longer so."""
        outbox = self.outbox
        while claim := outbox.notices.claim(outbox.routing, self.now):
            findings = self.findings(claim)
            left = claim.without(not_yet(claim, findings, outbox.routing, self.now), outbox.routing)
            if not left.has_news:
                outbox.notices.wait(claim, next(iter(left.left_out.values())), self.now)
                continue
            outbox.notices.start_sending(left, outbox.routing, self.now)
            down = {one.episode.alert.labels.get("host") for one in left.reported if not one.is_over}
            is_new = not left.is_ambiguous
            assert not (is_new and down & self.seen), "a host that answers is reported down"
            return left
        return None

    @property
    def seen(self) -> set[str]:
        """Return who has answered since the alert fired."""
        return {host for host in self.answering if self.firing.get(host, self.now) < self.now}

    def findings(self, claim: Claim) -> Findings:
        subjects = subjects_to_check(claim, self.outbox.routing)
        return Findings(
            hosts={
                subject: HostFindings(
                    newest=NewestScrape(
                        unix_seconds=self.now,
                        is_answered=subject.instance.partition(".")[0] in self.answering,
                        since_unix_seconds=self.now,
                    )
                )
                for subject in subjects
            },
            answering_ratio_by_job={"marax": len(self.answering) / 4},
        )

    def accept(self, claim: Claim) -> None:
        self.outbox.notices.accept(claim, "id", self.now, last_answered={})
        for told in claim.reported:
            if told.is_news:
                self.read[claim.user_name, told.episode.alert_id, told.episode.number, told.is_over] += 1

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "bridge.db")) as connection:
            return connection.execute(query).fetchall()


def alert(name: str, *, starts: float, ends: float | None = None) -> Alert:
    if name in {FLEET, OWN}:
        return an_alert("", alertname=name, starts=starts, ends=ends)
    return an_alert(name, starts=starts, ends=ends)


Days.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestDays = Days.TestCase

"""Eight hours of what used to be a flood, at the pace of deploy/: few mails, nothing lost, the truth last.

Prometheus evaluates every 15 s, and Alertmanager sends what has changed every 30 s: what ends and what fires
in one post. An end is a claim, which is proven two seconds later.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.composing.remarks import remarks_of
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.schema import Purpose
from alertbridge.routing.limits import LimitSettings
from alertbridge.routing.users import UserSettings
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox

HOURS = 8
_PROOF_SECONDS = 2

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail, when it left and what it said of how it came about."""

    at: float
    claim: Claim
    remarks: tuple[str, ...]


@dataclass
class Shop:
    """A bridge, its users, and Alertmanager in front of it."""

    outbox: Outbox
    users: tuple[UserSettings, ...]
    mails_per_hour: int = 30
    post_seconds: int = 30
    mails: list[Sent] = field(default_factory=list)
    _firing: dict[Labels, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outbox.routing = replace(
            a_routing(*self.users), limits=LimitSettings(mails_per_hour=self.mails_per_hour)
        )

    @property
    def now(self) -> float:
        return self.outbox.clock.unix_seconds()

    def play(self, firing_at: Callable[[float], Iterable[dict[str, str]]]) -> None:
        """Play all hours, given which alerts fire at a time in seconds; then let two more pass."""
        for at in range(0, HOURS * 3600, self.post_seconds):
            self._post({frozenset(labels.items()) for labels in firing_at(at)})
        for _ in range(2 * 15):
            self.outbox.clock.advance(240)
            self._send()

    def _post(self, firing: set[Labels]) -> None:
        now = self.now
        ended = [_alert(one, self._firing.pop(one), ends=now) for one in set(self._firing) - firing]
        started = sorted(firing - set(self._firing), key=sorted)
        self._firing |= dict.fromkeys(started, now)
        claims = [replace(one, is_proven=False) for one in ended]
        if claims or started:
            self.outbox.take(*claims, *(_alert(one, now) for one in started))
        self._send()
        self.outbox.clock.advance(_PROOF_SECONDS)
        if ended:
            self.outbox.intake.close(ended, self.outbox.routing, self.now)
            self._send()
        self.outbox.clock.advance(self.post_seconds - _PROOF_SECONDS)

    def _send(self) -> None:
        for claim in self.outbox.send_all():
            self.mails.append(Sent(self.now, claim, remarks_of(claim, self.now)))

    def mails_of(self, user: UserSettings) -> list[Sent]:
        return [one for one in self.mails if one.claim.user_name == user.name]

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.outbox.url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(query).fetchall()


def _alert(labels: Labels, starts: float, *, ends: float | None = None) -> Alert:
    given = dict(labels)
    return an_alert(given.pop("host"), starts=starts, ends=ends, **given)


@pytest.fixture
def shop_of(tmp_path):
    outbox = Outbox(tmp_path / "bridge.db")
    yield lambda *users, **settings: Shop(outbox, users, **settings)
    outbox.close()


def assert_all_is_well(shop: Shop) -> None:
    """Demand that nobody had too many mails, that nothing is lost, and that the truth was told last."""
    assert shop.stored("SELECT count(*) FROM notices WHERE state IN ('pending', 'held', 'waiting')") == [(0,)]
    episodes = shop.stored(
        "SELECT alert_id, number, incident_id, alertname, labels ->> '$.host', labels ->> '$.severity', "
        "ended_unix_seconds IS NOT NULL FROM episodes"
    )
    for user in shop.users:
        mails = shop.mails_of(user)
        assert_within_limit([one.at for one in mails], shop.mails_per_hour)
        reported = {one.key for mail in mails for one in mail.claim.reported}
        watched = [row for row in episodes if is_watched(user, row)]
        problems = {(row[2], row[3], row[4]) for row in watched}
        # An alert that becomes less severe than what they watch is not told as over
        lowered = [
            row for row in episodes if (row[0], row[1]) in reported and (row[2], row[3], row[4]) in problems
        ]
        its = list(dict.fromkeys((*watched, *lowered)))
        named = {
            (one.episode.alert.labels["alertname"], one.episode.alert.labels["host"])
            for mail in mails
            for one in mail.claim.shown
        }
        assert {(row[3], row[4]) for row in its} == named
        assert {(row[0], row[1]) for row in its} == reported
        assert told_last(mails) == true_states(its)


def assert_within_limit(times: list[float], mails_per_hour: int) -> None:
    assert all(b - a >= 3600 for a, b in zip(times, times[mails_per_hour:], strict=False))


def is_watched(user: UserSettings, row: tuple[Any, ...]) -> bool:
    is_severe = not user.severities or row[5] in user.severities
    return is_severe and (not user.hosts or row[4] in user.hosts)


def told_last(mails: list[Sent]) -> dict[str, bool]:
    """Return whether the last mail about an incident said that something of it still fires."""
    told: dict[str, bool] = {}
    for mail in mails:
        about: defaultdict[str, list[bool]] = defaultdict(list)
        for one in mail.claim.shown:
            if one.is_news or mail.claim.purpose is Purpose.NEWS:
                about[one.incident_id].append(not one.is_over)
        told |= {incident_id: any(firing) for incident_id, firing in about.items()}
    return told


def true_states(rows: list[tuple[Any, ...]]) -> dict[str, bool]:
    states: defaultdict[str, bool] = defaultdict(bool)
    for row in rows:
        states[row[2]] |= not row[-1]
    return dict(states)


def test_a_value_in_a_label_is_a_few_mails_an_hour_that_say_why(shop_of):
    shop = shop_of(a_user("ann"))

    shop.play(
        lambda at: [{"alertname": "Load", "host": "web-1", "severity": "warning", "value": str(at // 15)}]
    )

    assert_all_is_well(shop)
    assert len(shop.mails) <= 6 + 3 + HOURS
    assert all(b.at - a.at >= 600 for a, b in pairwise(shop.mails[6:]))
    assert "The labels of this alert keep changing: value." in shop.mails[-3].remarks
    assert len({one.claim.incident_id for one in shop.mails}) == 3


def test_ten_flapping_alerts_are_a_few_threads(shop_of):
    chance = Random(10)
    alerts = [
        {"alertname": name, "host": f"web-{number}", "severity": severity}
        for number in range(5)
        for name, severity in (("HighCpu", "warning"), ("HostDown", "critical"))
    ]
    periods = [(chance.randrange(60, 400), chance.randrange(60)) for _ in alerts]
    shop = shop_of(a_user("ann"), mails_per_hour=30)

    shop.play(
        lambda at: [
            one for one, (period, phase) in zip(alerts, periods, strict=True) if (at + phase) // period % 2
        ]
    )

    assert_all_is_well(shop)
    assert len(shop.mails) < HOURS * 30


def test_fifty_users_have_no_more_mails_than_the_limit_and_miss_nothing(shop_of):
    chance = Random(50)
    hosts = [f"web-{number}" for number in range(40)]
    users = [
        a_user(f"user-{number}", hosts=tuple(chance.sample(hosts, 12)), severities=severities)
        for number in range(25)
        for severities in ((), ("critical",))
    ]
    users = [replace_name(one, f"user-{number}") for number, one in enumerate(users)]
    outages = [
        (
            {
                "alertname": chance.choice(["HostDown", "Disk", "Replication", "Backup"]),
                "host": chance.choice(hosts),
                "severity": chance.choice(["critical", "warning", "warning"]),
            },
            start := chance.randrange(HOURS * 3600 - 3600),
            start + chance.randrange(60, 7200),
        )
        for _ in range(250)
    ]
    shop = shop_of(*users, mails_per_hour=4, post_seconds=60)

    shop.play(lambda at: [labels for labels, starts, ends in outages if starts <= at < ends])

    assert_all_is_well(shop)
    assert any(one.claim.purpose is Purpose.DIGEST for one in shop.mails)


def replace_name(user: UserSettings, name: str) -> UserSettings:
    return a_user(name, hosts=user.hosts, severities=user.severities)

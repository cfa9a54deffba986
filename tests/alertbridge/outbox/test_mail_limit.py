"""No user gets more mails an hour than the limit, whatever becomes of single mails; the rest is digests."""

from collections import Counter
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertbridge.outbox.claim import Claim
from alertbridge.outbox.schema import Purpose
from alertbridge.routing.limits import LimitSettings
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(tmp_path / "bridge.db")
    yield outbox
    outbox.close()


def limit(outbox: Outbox, mails_per_hour: int, *users: str) -> None:
    routing = a_routing(*map(a_user, users or ("ann",)), storm_hosts=10_000)
    outbox.routing = replace(routing, limits=LimitSettings(mails_per_hour=mails_per_hour))


def fire(outbox: Outbox, *hosts: str, **alert: Any) -> None:
    now = outbox.clock.unix_seconds()
    outbox.take(*(an_alert(one, starts=now, **alert) for one in hosts))


def told(mails: list[Claim]) -> list[tuple[str, list[str]]]:
    return [(one.purpose, sorted(it.episode.alert.labels["host"] for it in one.shown)) for one in mails]


def numbered(first: int, last: int) -> list[str]:
    return [f"h{number}" for number in range(first, last + 1)]


def test_warnings_leave_a_third_to_critical_alerts_and_are_told_in_a_digest(outbox):
    limit(outbox, 6)
    fire(outbox, *numbered(1, 9), severity="warning")
    warnings = [*outbox.send_all(), *outbox.send_all()]
    fire(outbox, "db-1", "db-2")

    critical = outbox.send_all()

    assert [one.purpose for one in warnings] == [Purpose.NEWS] * 3 + [Purpose.DIGEST]
    assert len(warnings[-1].shown) == 6
    assert warnings[-1].is_over_limit
    assert told(critical) == [("news", ["db-1"]), ("news", ["db-2"])]
    assert outbox.backlog(outbox.clock.unix_seconds()).over_limit == 0


@pytest.mark.parametrize(("passing", "is_told_at_night"), [(("critical",), True), ((), False)])
def test_what_passes_quiet_hours_does_not_wait_for_their_end_when_the_limit_has_held_it(
    outbox, passing, is_told_at_night
):
    quiet = QuietSettings(hours=QuietHours.from_setting("00:00-23:59"), passing=passing)
    routing = a_routing(a_user("ann", quiet=quiet), storm_hosts=10_000)
    outbox.routing = replace(routing, limits=LimitSettings(mails_per_hour=2))
    fire(outbox, "web-1", severity="warning")
    fire(outbox, "db-1", "db-2", "db-3")
    at_once = outbox.send_all()
    outbox.clock.advance(3700)

    (later, *rest) = outbox.send_all() or [None]

    assert (len(at_once), rest) == (2 if is_told_at_night else 0, [])
    assert (later is not None) is is_told_at_night
    assert later is None or told([later]) == [("digest", ["db-3", "web-1"])]


def test_quiet_hours_hold_what_is_left_once_the_critical_alert_that_the_limit_held_is_over(outbox):
    quiet = QuietSettings(hours=QuietHours.from_setting("00:00-23:59"))
    routing = a_routing(a_user("ann", quiet=quiet), storm_hosts=10_000)
    outbox.routing = replace(routing, limits=LimitSettings(mails_per_hour=1))
    fire(outbox, "web-1", severity="warning")
    fire(outbox, "db-1", "db-2")
    outbox.send_all()
    outbox.routing = replace(outbox.routing, users=(a_user("ann", quiet=quiet, hosts=("web-*",)),))
    outbox.clock.advance(3700)

    assert outbox.send_all() == []
    assert outbox.backlog(outbox.clock.unix_seconds()).held == 1


def test_critical_alerts_beyond_the_whole_limit_are_told_as_soon_as_there_is_room(outbox):
    limit(outbox, 3)
    fire(outbox, "h1")
    outbox.send_all()
    outbox.clock.advance(600)
    fire(outbox, *numbered(2, 6))
    before = outbox.send_all()
    waiting = outbox.backlog(outbox.clock.unix_seconds()).over_limit
    outbox.clock.advance(2999)
    early = outbox.send_all()
    outbox.clock.advance(1)

    (digest,) = outbox.send_all()

    assert told(before) == [("news", ["h2"]), ("news", ["h3"])]
    assert waiting == 3
    assert early == []
    assert told([digest]) == [("digest", ["h4", "h5", "h6"])]


def test_what_was_held_and_ended_is_told_as_it_is_by_then(outbox):
    limit(outbox, 1)
    fire(outbox, "h1", "h2", "h3")
    outbox.send_all()
    outbox.take(an_alert("h2", ends=outbox.clock.unix_seconds() + 60))
    outbox.send_all()
    outbox.clock.advance(3600)

    (digest,) = outbox.send_all()

    assert {one.episode.alert.labels["host"]: one.is_over for one in digest.shown} == {
        "h2": True,
        "h3": False,
    }


def test_one_user_does_not_use_up_the_mails_of_another(outbox):
    limit(outbox, 1, "ann", "bob")
    fire(outbox, "h1", "h2")

    mails = outbox.send_all()

    assert Counter(one.user_name for one in mails) == {"ann": 1, "bob": 1}


def test_the_count_survives_a_restart(outbox):
    limit(outbox, 2)
    fire(outbox, "h1", "h2")
    outbox.send_all()
    outbox.restart("boot-2")
    fire(outbox, "h3")

    assert outbox.send_all() == []


def test_a_raised_limit_holds_at_once(outbox):
    limit(outbox, 1)
    fire(outbox, "h1", "h2")
    outbox.send_all()
    limit(outbox, 2)

    assert told(outbox.send_all()) == [("news", ["h2"])]


def test_failed_attempts_do_not_count_and_doubtful_ones_count_once(outbox):
    limit(outbox, 2)
    now = outbox.clock.unix_seconds()
    fire(outbox, "h1", "h2", "h3")
    failed, doubtful = outbox.claim(), outbox.claim()
    assert failed is not None
    assert doubtful is not None
    outbox.notices.defer(failed, now, "refused")
    outbox.notices.defer_ambiguous(doubtful, now + 10, "reset", now_unix_seconds=now)
    first = outbox.send_all()
    outbox.clock.advance(10)

    again = outbox.send_all()

    assert told(first) == [("news", ["h1"])]
    assert told(again) == [("news", ["h2"])]


class Shop:
    """A bridge with that limit, one user who reads mail, and what is true of the hosts."""

    def __init__(self, path: Path, mails_per_hour: int) -> None:
        self.outbox = Outbox(path)
        limit(self.outbox, mails_per_hour)
        self.sent: dict[tuple[str, int], float] = {}  # by mail: one that is repeated is the same mail
        self.known: dict[str, bool] = {}
        self.is_over: dict[str, bool] = {}
        self._numbers = count(1)

    @property
    def now(self) -> float:
        return self.outbox.clock.unix_seconds()

    def fire(self, hosts: int, severity: str) -> None:
        names = [f"h{next(self._numbers)}" for _ in range(hosts)]
        self.is_over.update(dict.fromkeys(names, False))
        fire(self.outbox, *names, severity=severity)

    def end(self, number: int) -> None:
        host = f"h{number}"
        self.is_over |= {host: True} if host in self.is_over else {}
        self.outbox.take(*(an_alert(host, severity=one, ends=self.now) for one in ("critical", "warning")))

    def wait(self, seconds: int) -> None:
        self.outbox.clock.advance(seconds)

    def send(self) -> None:
        while claim := self.outbox.claim():
            self.outbox.notices.accept(claim, "id", self.now, last_answered={})
            self.sent.setdefault((claim.incident_id, claim.sequence), self.now)
            self.known |= {one.episode.alert.labels["host"]: one.is_over for one in claim.reported}

    def fail(self) -> None:
        if claim := self.outbox.claim():
            self.outbox.notices.defer(claim, self.now + 30, "refused")

    def doubt(self) -> None:
        if claim := self.outbox.claim():
            self.outbox.notices.defer_ambiguous(claim, self.now + 30, "reset", now_unix_seconds=self.now)

    def crash(self) -> None:
        self.outbox.claim()
        self.outbox.restart(f"boot-{next(self._numbers)}")
        self.outbox.notices.recover(self.now)


DEEDS = st.one_of(
    st.tuples(st.just("fire"), st.integers(1, 5), st.sampled_from(["critical", "warning"])),
    st.tuples(st.just("end"), st.integers(1, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 600, 1800, 3599])),
    st.sampled_from([("send",), ("fail",), ("doubt",), ("crash",)]),
)


@settings(max_examples=60, deadline=None)
@given(mails_per_hour=st.integers(1, 8), deeds=st.lists(DEEDS, min_size=5, max_size=40))
def test_never_more_than_the_limit_within_any_hour_and_nothing_is_lost(
    tmp_path_factory, mails_per_hour, deeds
):
    shop = Shop(tmp_path_factory.mktemp("limit") / "bridge.db", mails_per_hour)

    for deed, *arguments in deeds:
        getattr(shop, deed)(*arguments)
    for _ in range(20):
        shop.wait(1800)
        shop.send()
    shop.outbox.close()

    times = sorted(shop.sent.values())
    assert all(b - a >= 3600 for a, b in zip(times, times[mails_per_hour:], strict=False))
    assert shop.known == shop.is_over

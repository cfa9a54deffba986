from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alertbridge.mail.host_facts import OutageDetails
from alertbridge.prometheus.answers import Sample
from alertbridge.prometheus.outage import Asked, Outage, first_of_last_answered, outage
from alertbridge.prometheus.stretches import Stretch

INTERVAL = 10.0
ALL = (Stretch(-1e6, 1e6),)
NOT_A_NUMBER, INFINITE = float("nan"), float("inf")


def ups(values: str) -> list[Sample]:
    """Return samples 10 s apart from 0 on: `1` answered, `0` not, a space none."""
    return [Sample(INTERVAL * i, float(value)) for i, value in enumerate(values) if value != " "]


def asked(
    fired: float, until: float = 2000, now: float | None = None, known=ALL, *, are_all: bool = False
) -> Asked:
    return Asked(
        fired_unix_seconds=fired,
        until_unix_seconds=until,
        now_unix_seconds=now,
        known=known,
        are_all=are_all,
    )


def moments(found: Outage) -> tuple[float | None, float | None, float | None]:
    return found.since, found.back, found.last_answered


@pytest.mark.parametrize(
    ("values", "fired", "expected"),
    [
        ("110000", 40, (10, None, 10)),
        ("110000", 1000, (10, None, 10)),
        ("11000011", 40, (10, 60, 70)),
        ("1100010011", 40, (10, 80, 90)),
        ("11000100", 40, (50, None, 50)),
        ("11    00", 70, (10, None, 10)),
        ("111111", 30, (None, None, 50)),
        ("111100", 20, (None, None, 30)),
        ("000000", 40, (None, None, None)),
        ("000011", 20, (None, 40, 50)),
        ("  0011", 10, (None, None, 50)),
        ("", 10, (None, None, None)),
    ],
    ids=[
        "dead",
        "dead, reported late",
        "back",
        "back after a flap",
        "dead after a flap",
        "dead after a gap",
        "never away",
        "died only later",
        "never heard",
        "dead before the samples",
        "no samples so early",
        "no samples",
    ],
)
def test_finds_the_outage_that_the_alert_was_about(values, fired, expected):
    assert moments(outage(reversed(ups(values)), asked(fired))) == expected


def test_what_comes_after_the_end_does_not_count():
    assert moments(outage(ups("110000110"), asked(40, 75))) == (10, 60, 70)


def gone(since: float, length: float, **details) -> OutageDetails:
    once = {"times_gone": 1, "longest_seconds": length, "first_gone_unix_seconds": since}
    return OutageDetails(**{**once, **details})


@pytest.mark.parametrize(
    ("values", "fired", "now", "expected"),
    [
        ("1111100001", 70, None, gone(40, 50)),
        ("11111000", 70, 75, gone(40, 30)),
        ("11111 0001", 70, None, gone(40, 50)),
        ("11111     0001", 110, None, gone(40, 20, gone_by_unix_seconds=100, unseen_seconds=70)),
        ("111110000     1", 70, None, gone(40, 30, still_gone_unix_seconds=80, unseen_seconds=70)),
        ("111110000     0001", 70, None, gone(40, 50, unseen_seconds=80)),
        ("11111     000", 110, 125, gone(40, 20, gone_by_unix_seconds=100, unseen_seconds=60)),
        ("11111000", 70, 175, gone(40, 30, still_gone_unix_seconds=70, unseen_seconds=115)),
        ("111110001101", 70, None, gone(40, 40, times_gone=2)),
        ("11111000110", 70, 105, gone(40, 40, times_gone=2)),
        ("11111000     1101", 70, None, gone(40, 20, times_gone=2, unseen_seconds=80)),
    ],
    ids=[
        "once",
        "once, still",
        "one scrape lacks",
        "went down in a gap",
        "came back in a gap",
        "a gap within",
        "went down in a gap, still",
        "not scraped any more",
        "came and went",
        "came and went, still down",
        "came and went, with a gap",
    ],
)
def test_tells_flaps_and_gaps_from_an_outage(values, fired, now, expected):
    assert outage(ups(values), asked(fired, 2000, now)).details == expected


def test_a_host_that_never_answered_is_told_by_its_first_scrape_only_if_there_is_none_before():
    up = ups("  00000")

    assert outage(up, asked(40, are_all=True)).details.never_since_unix_seconds == 20
    assert outage(up, asked(40)).details.never_since_unix_seconds is None
    assert outage([*up, Sample(0, 1)], asked(40, are_all=True)).details.never_since_unix_seconds is None


def test_time_that_was_not_looked_at_is_no_gap():
    known = (Stretch(0, 70), Stretch(1000, 1100))
    up = [*ups("11111000"), *(Sample(1000 + moment, value) for moment, value in ups("0000011"))]

    found = outage(up, asked(70, known=known))

    assert moments(found) == (40, 1050, 1060)
    assert found.details == gone(40, 1010, is_rough=True)


def test_samples_beyond_the_known_stretches_do_not_count():
    known = (Stretch(40, 90),)

    assert moments(outage(ups("1100000011"), asked(70, known=known))) == (None, 80, 90)


@pytest.mark.parametrize(
    "nonsense",
    [
        Sample(75, NOT_A_NUMBER),
        Sample(75, INFINITE),
        Sample(75, 0.5),
        Sample(NOT_A_NUMBER, 1),
        Sample(NOT_A_NUMBER, 0),
        Sample(INFINITE, 1),
        Sample(-INFINITE, 0),
        Sample(60, 0),
    ],
)
def test_nonsense_changes_nothing(nonsense):
    up = ups("1111100001")

    assert outage([nonsense, *up, nonsense], asked(70)) == outage(up, asked(70))


def test_a_moment_with_two_answers_was_answered():
    assert moments(outage([*ups("1100001"), Sample(40, 1)], asked(30))) == (10, 60, 60)
    assert outage([*ups("1100001"), Sample(40, 1)], asked(30)).details.times_gone == 2


@given(
    st.lists(st.tuples(st.floats() | st.floats(0, 100), st.floats() | st.sampled_from([0, 1]))),
    st.floats(0, 100),
    st.none() | st.floats(0, 100),
)
def test_no_samples_raise(raw, fired, now):
    outage([Sample(*one) for one in raw], asked(fired, 100, now))
    first_of_last_answered([Sample(*one) for one in raw])


@given(st.text("01 ", max_size=30), st.integers(0, 300), st.integers(0, 300))
def test_since_comes_before_back_and_both_are_answered_scrapes(values, fired, later):
    found = outage(ups(values), asked(fired, fired + later))

    answered = {s.unix_seconds for s in ups(values) if s.value == 1 and s.unix_seconds <= fired + later}
    assert {found.since, found.back, found.last_answered} <= {None, *answered}
    if found.since is not None and found.back is not None:
        assert found.since <= fired < found.back


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A host that was down at times, and a Prometheus that was away at others; 10 s between scrapes."""

    downs: tuple[Stretch, ...]
    gaps: tuple[Stretch, ...]
    scrapes: tuple[Sample, ...]


@st.composite
def worlds(draw, *, most_downs: int, most_gaps: int) -> World:
    """Draw what was true, and what Prometheus saw of it between 0 and 3000."""
    moment = st.floats(300, 2500)
    times = sorted(draw(st.lists(moment, min_size=2 * most_downs, max_size=2 * most_downs, unique=True)))
    downs = tuple(Stretch(*pair) for pair in zip(times[::2], times[1::2], strict=True))
    starts = draw(st.lists(moment, max_size=most_gaps))
    gaps = tuple(Stretch(start, start + draw(st.floats(45, 400))) for start in starts)
    offset = draw(st.floats(0, 9))
    scraped = (offset + INTERVAL * i + draw(st.floats(0, 0.5)) for i in range(300))
    seen = tuple(
        Sample(t, 0.0 if any(a <= t < b for a, b in downs) else 1.0)
        for t in scraped
        if not any(a <= t < b for a, b in gaps)
    )
    return World(downs=downs, gaps=gaps, scrapes=seen)


def unanswered(world: World) -> list[float]:
    return [moment for moment, value in world.scrapes if value == 0]


@given(worlds(most_downs=1, most_gaps=3), st.data())
def test_the_bounds_of_an_outage_hold_the_truth(world, data):
    (down,) = world.downs
    assume(unanswered(world))
    fired = data.draw(st.sampled_from(unanswered(world)))

    found = outage(world.scrapes, asked(fired, 3000))

    assert found.since is not None
    assert found.back is not None
    assert found.since <= down.start <= (found.details.gone_by_unix_seconds or found.since + 3.5 * INTERVAL)
    assert (found.details.still_gone_unix_seconds or found.back - 3.5 * INTERVAL) <= down.end <= found.back
    most = found.back - found.since
    assert most >= down.seconds
    if found.details.unseen_seconds:
        assert most - found.details.unseen_seconds <= down.seconds + 1e-6
    else:
        assert most - down.seconds <= 7 * INTERVAL


@given(worlds(most_downs=1, most_gaps=3), st.data())
def test_the_bounds_of_an_outage_that_lasts_hold_the_truth(world, data):
    (down,) = world.downs
    assume(unanswered(world))
    fired = data.draw(st.sampled_from(unanswered(world)))
    now = data.draw(st.floats(fired, max(fired, down.end)))

    found = outage(world.scrapes, asked(fired, now, now))

    assert found.since is not None
    assert found.since <= down.start
    least = now - found.since - found.details.unseen_seconds
    if found.details.unseen_seconds:
        assert least <= now - down.start + 1e-6


@given(worlds(most_downs=4, most_gaps=0))
def test_counts_every_time_that_the_host_was_seen_to_go(world):
    values = [value for _, value in world.scrapes]
    lost = sum(pair == (1, 0) for pair in pairwise(values))
    assume(lost)

    found = outage(world.scrapes, asked(unanswered(world)[0], 3000))

    seen = [[t for t in unanswered(world) if a <= t < b] for a, b in world.downs]
    lengths = [max(times) - min(times) for times in seen if times]
    assert found.details.times_gone == lost
    assert found.details.longest_seconds is not None
    if lost == len(lengths):  # else a return that was too short to be seen joins two of them
        longest = found.details.longest_seconds
        assert max(lengths) <= longest <= max(lengths) + 2.2 * INTERVAL


@given(worlds(most_downs=3, most_gaps=3), st.data())
def test_nothing_where_nobody_looked_counts_as_outage(world, data):
    assume(unanswered(world))
    fired = data.draw(st.sampled_from(unanswered(world)))

    found = outage(world.scrapes, asked(fired, 3000))

    assert found.since is not None
    assert found.back is not None
    pairs = [Stretch(*pair) for pair in pairwise([moment for moment, _ in world.scrapes])]
    looked = sum(
        pair.seconds
        for pair in pairs
        if found.since <= pair.start and pair.end <= found.back and pair.seconds < 3 * INTERVAL
    )
    assert found.back - found.since - found.details.unseen_seconds <= looked + 1e-6

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.processes.admission import Admission, TokenBucket


def test_lets_anybody_in_while_there_is_room_the_most_prominent_first():
    admission = Admission(limit=2)

    admission.admit({"a": 0.1, "b": 0.3, "c": 0.2}, monotonic_seconds=0)

    assert set(admission.names) == {"b", "c"}


def test_keeps_whoever_is_on_it_as_long_as_nobody_needs_the_place():
    admission = Admission(limit=3)
    admission.admit({"a": 0.1, "b": 5.0}, monotonic_seconds=0)

    admission.admit({"c": 9.0}, monotonic_seconds=5)

    assert set(admission.names) == {"a", "b", "c"}


def test_gives_the_place_of_who_was_not_prominent_for_longest_to_a_prominent_one():
    admission = Admission(limit=2)
    admission.admit({"a": 2.0, "b": 2.0}, monotonic_seconds=0)
    admission.admit({"a": 2.0, "b": 0.5}, monotonic_seconds=100)

    admission.admit({"a": 0.1, "b": 0.2, "c": 1.0}, monotonic_seconds=200)

    assert set(admission.names) == {"a", "c"}


def test_gives_no_place_away_to_one_that_is_not_prominent():
    admission = Admission(limit=1)
    admission.admit({"a": 2.0}, monotonic_seconds=0)

    admission.admit({"b": 0.9}, monotonic_seconds=200)

    assert set(admission.names) == {"a"}


def test_keeps_all_who_are_prominent_now():
    admission = Admission(limit=2)
    admission.admit({"a": 2.0, "b": 2.0}, monotonic_seconds=0)

    admission.admit({"a": 1.0, "b": 1.0, "c": 50.0}, monotonic_seconds=200)

    assert set(admission.names) == {"a", "b"}


def test_lets_nobody_in_when_too_many_came_within_the_hour():
    admission = Admission(limit=1)
    admission.admit({"a": 2.0}, monotonic_seconds=0)

    admission.admit({"b": 2.0}, monotonic_seconds=60)
    too_soon = set(admission.names)
    admission.admit({"b": 2.0}, monotonic_seconds=62)

    assert (too_soon, set(admission.names)) == ({"a"}, {"b"})


@given(
    st.integers(1, 40),
    st.lists(
        st.tuples(st.floats(0.1, 600), st.dictionaries(st.integers(0, 500).map(str), st.floats(0, 5))),
        max_size=60,
    ),
)
def test_never_holds_too_many_nor_takes_up_too_many_an_hour(
    limit: int, turns: list[tuple[float, dict[str, float]]]
):
    admission, now, before, taken_up = Admission(limit=limit), 0.0, set[str](), list[float]()
    for pause, significance in turns:
        now += pause
        admission.admit(significance, monotonic_seconds=now)
        taken_up += [now] * len(set(admission.names) - before)
        before = set(admission.names)
        assert len(before) <= limit

    for moment in taken_up:
        assert sum(1 for other in taken_up if moment <= other < moment + 3600) <= max(60, 2 * limit)


def test_gives_a_burst_and_then_refills_slowly():
    bucket = TokenBucket(per_hour=60, burst=10)

    taken = [bucket.take(monotonic_seconds=0) for _ in range(11)]

    assert taken == [True] * 10 + [False]
    assert not bucket.has_token(monotonic_seconds=71)
    assert bucket.has_token(monotonic_seconds=72.1)


@given(st.lists(st.floats(0, 900), max_size=400), st.integers(0, 40), st.integers(0, 60))
def test_never_gives_more_than_the_limit_within_any_hour(pauses: list[float], burst: int, beyond: int):
    bucket = TokenBucket(per_hour=burst + beyond, burst=burst)
    now, taken = 0.0, []
    for pause in pauses:
        now += pause
        while bucket.take(monotonic_seconds=now):
            taken.append(now)

    assert all(
        sum(1 for later in taken if moment <= later < moment + 3600) <= burst + beyond for moment in taken
    )


def test_is_not_fooled_by_a_clock_that_stands_still_or_runs_backwards():
    bucket = TokenBucket(per_hour=60, burst=1)

    taken = [bucket.take(monotonic_seconds=moment) for moment in (1000, 1000, 0, 1000)]

    assert taken == [True, False, False, False]


def test_refuses_a_burst_beyond_the_limit():
    with pytest.raises(ValueError, match="larger than the hour's limit"):
        TokenBucket(per_hour=60, burst=61)

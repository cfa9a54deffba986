import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.processes.budget import Budget, LastHour, TokenBucket
from tests.exporter.processes.simulation import most_within_an_hour

OLD, YOUNG = 10.0, 9.9  # seconds


def taken(budget: Budget, share: float, *, age_seconds: float = OLD, at: float = 0.0) -> int:
    """Return how many of that share get through at once."""
    count = 0
    while budget.take(share, age_seconds=age_seconds, monotonic_seconds=at):
        count += 1
    return count


def test_gives_a_burst_and_then_refills_slowly():
    bucket = TokenBucket(per_hour=60, burst=10)

    at_once = [bucket.take(monotonic_seconds=0) for _ in range(11)]

    assert at_once == [True] * 10 + [False]
    assert not bucket.take(monotonic_seconds=71)
    assert bucket.take(monotonic_seconds=72.1)


def test_leaves_as_many_as_it_is_told():
    bucket = TokenBucket(per_hour=60, burst=10)

    at_once = [bucket.take(monotonic_seconds=0, leaving=7) for _ in range(4)]

    assert at_once == [True] * 3 + [False]
    assert bucket.take(monotonic_seconds=0, leaving=6)


@given(st.lists(st.floats(0, 900), max_size=400), st.integers(0, 40), st.integers(0, 60))
def test_never_gives_more_than_the_limit_within_any_hour(pauses: list[float], burst: int, beyond: int):
    bucket = TokenBucket(per_hour=burst + beyond, burst=burst)
    now, moments = 0.0, list[float]()
    for pause in pauses:
        now += pause
        while bucket.take(monotonic_seconds=now):
            moments.append(now)

    assert most_within_an_hour(moments) <= burst + beyond


def test_is_not_fooled_by_a_clock_that_stands_still_or_runs_backwards():
    bucket = TokenBucket(per_hour=60, burst=1)

    found = [bucket.take(monotonic_seconds=moment) for moment in (1000, 1000, 0, 1000)]

    assert found == [True, False, False, False]


def test_refuses_a_burst_beyond_the_limit():
    with pytest.raises(ValueError, match="larger than the hour's limit"):
        TokenBucket(per_hour=60, burst=61)


def test_keeps_a_quarter_of_an_hour_s_budget_for_the_large():
    budget = Budget(per_hour=240, places=10)

    small = sum(taken(budget, 0.09, at=second) for second in range(3600))
    large = taken(budget, 0.5, at=3599) + sum(taken(budget, 0.5, at=second) for second in range(3600, 7200))

    assert 175 <= small <= 180
    assert 175 <= large <= 240


@pytest.mark.parametrize(
    ("share", "reserved"),
    [(0.09, 0), (0.1, 2), (0.2, 4), (0.3, 6), (0.4, 8), (0.499, 9), (0.5, 10), (1.0, 10)],
    ids=str,
)
def test_opens_more_of_the_reserve_the_larger_one_is(share: float, reserved: int):
    budget = Budget(per_hour=240, places=10)
    taken(budget, 0.0)

    assert taken(budget, share) == reserved


def test_opens_some_of_the_reserve_to_one_with_a_tenth_however_small_it_is():
    budget = Budget(per_hour=60, places=10)
    taken(budget, 0.0)

    assert taken(budget, 0.1) == 1


def test_keeps_some_of_the_reserve_for_those_that_are_10_s_old():
    budget = Budget(per_hour=240, places=10)
    taken(budget, 0.0)

    assert [taken(budget, 1.0, age_seconds=age) for age in (YOUNG, OLD)] == [7, 3]


def test_gives_the_large_what_is_there_for_all_first():
    assert taken(Budget(per_hour=240, places=10), 0.5) == 30 + 10


def test_gives_those_who_come_last_only_what_is_left_over():
    budget = Budget(per_hour=240, places=10)

    left_over = sum(budget.take_left_over(monotonic_seconds=0) for _ in range(60))

    assert left_over == 15
    assert taken(budget, 0.05, age_seconds=YOUNG) == 0
    assert taken(budget, 0.05) == 15


def test_gives_a_young_one_that_is_large_what_is_there_for_all():
    assert taken(Budget(per_hour=240, places=10), 0.1, age_seconds=0) == 30 + 2


@pytest.mark.parametrize(("per_hour", "places"), [(60, 40), (240, 10), (400, 200), (60, 2), (3600, 40)])
def test_has_enough_at_first_to_fill_all_places(per_hour: int, places: int):
    assert taken(Budget(per_hour=per_hour, places=places), 0.0) >= places


@given(
    st.integers(60, 300),
    st.integers(1, 40),
    st.lists(
        st.tuples(st.floats(0, 300), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 20)), max_size=40)),
        max_size=60,
    ),
)
def test_never_gives_more_than_an_hour_s_budget_whoever_asks(
    per_hour: int, places: int, turns: list[tuple[float, list[tuple[float, float]]]]
):
    budget, now, moments = Budget(per_hour=per_hour, places=places), 0.0, list[float]()
    for pause, askers in turns:
        now += pause
        for share, age_seconds in askers:
            moments += [now] * budget.take(share, age_seconds=age_seconds, monotonic_seconds=now)
            moments += [now] * budget.take_left_over(monotonic_seconds=now)

    assert most_within_an_hour(moments) <= per_hour


def test_remembers_for_an_hour_what_was_kept():
    recent = LastHour[str, int]()
    recent.keep("a", 1, monotonic_seconds=0)
    recent.keep("b", 2, monotonic_seconds=10)
    recent.keep("a", 3, monotonic_seconds=20)

    found = [recent.get("a", monotonic_seconds=moment) for moment in (20, 3620, 3621)]

    assert found == [3, 3, None]
    assert list(recent) == [2, 3]


def test_holds_no_more_than_an_hour_s_worth():
    recent = LastHour[int, int]()

    for second in range(10_000):
        recent.keep(second, second, monotonic_seconds=second)

    assert len(recent) == 3601

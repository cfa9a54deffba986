import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.processes.bucket import TokenBucket


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

import random

from hypothesis import given
from hypothesis import strategies as st

from alertbridge.delivery.mailer import NotSent
from alertbridge.delivery.retry import Backoff

ATTEMPTS = st.integers(min_value=1, max_value=10_000)
CHANCES = st.randoms(use_true_random=False)


@given(ATTEMPTS, CHANCES)
def test_waits_between_a_second_and_a_quarter_of_an_hour(attempts, chance):
    assert 1.0 <= Backoff(chance=chance).wait_seconds(attempts) <= 900.0


@given(ATTEMPTS, CHANCES)
def test_waits_at_least_ten_seconds_after_what_may_have_been_sent(attempts, chance):
    assert 10.0 <= Backoff(chance=chance).ambiguous_wait_seconds(attempts) <= 900.0


def test_the_longest_wait_grows_with_each_failure():
    longest = [
        max(Backoff(chance=random.Random(seed)).wait_seconds(n) for seed in range(200)) for n in range(1, 8)
    ]

    assert longest == sorted(longest)
    assert longest[0] <= 5.0
    assert longest[-1] > 600.0


@given(ATTEMPTS, CHANCES, st.floats(0, 1e9))
def test_waits_no_longer_than_an_outcome_asks_for(attempts, chance, asked):
    outcome = NotSent(reason="refused", try_within_seconds=asked)

    assert Backoff(chance=chance).wait_after(outcome, attempts) <= min(asked, 900.0)


@given(ATTEMPTS, CHANCES)
def test_what_does_not_count_waits_as_long_as_it_asks_for_however_often(attempts, chance):
    outcome = NotSent(reason="relay not permitted", try_within_seconds=60.0, is_counted=False)

    assert Backoff(chance=chance).wait_after(outcome, attempts) == 60.0


@given(st.none() | st.floats(allow_nan=False))
def test_a_pause_is_a_second_at_least_and_an_hour_at_most(asked):
    assert 1.0 <= Backoff().pause_seconds(asked) <= 3600.0


def test_probes_each_minute_when_the_service_does_not_say_how_long():
    assert Backoff().pause_seconds(None) == 60.0

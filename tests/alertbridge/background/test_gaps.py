"""Gaps as the clocks show them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.background.gaps import GapWatch
from marax.clock import SystemClock
from tests.alertbridge.alert_builders import T0
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock(T0)


@pytest.fixture
def watch(clock):
    return GapWatch(clock)


def test_there_is_no_gap_at_the_start(watch):
    assert watch.resumed_unix_seconds() == 0


def test_a_loop_that_comes_round_in_time_is_no_gap(watch, clock):
    for _ in range(100):
        clock.advance(1)
        watch.run()

    assert watch.resumed_unix_seconds() == 0
    assert (watch.uptime().ran_seconds, watch.uptime().lost_seconds) == (100, 0)


@pytest.mark.parametrize("how", ["advance", "suspend"])
def test_time_in_which_the_process_or_the_machine_stood_still_is_a_gap(watch, clock, how):
    clock.advance(1)
    watch.run()
    getattr(clock, how)(300)

    assert watch.resumed_unix_seconds() == T0 + 301
    uptime = watch.uptime()
    assert (uptime.ran_seconds, uptime.lost_seconds, uptime.resumed_at_seconds) == (1, 300, 1)


def test_who_asks_first_learns_of_it(watch, clock):
    clock.suspend(300)

    assert watch.uptime().lost_seconds == 300


def test_a_paused_machine_that_learns_the_time_again_had_a_gap_of_unknown_length(watch, clock):
    clock.advance(1)
    clock.jump(300)

    assert watch.resumed_unix_seconds() == T0 + 301
    assert (watch.uptime().ran_seconds, watch.uptime().lost_seconds) == (1, 0)


@pytest.mark.parametrize("seconds", [9.0, -9.0, -86_400.0])
def test_a_clock_that_is_corrected_is_no_gap(watch, clock, seconds):
    clock.advance(1)
    clock.jump(seconds)

    assert watch.resumed_unix_seconds() == 0


def test_the_end_of_a_gap_is_set_together_with_the_clock(watch, clock):
    clock.suspend(300)
    watch.run()
    clock.jump(-3600)

    assert watch.resumed_unix_seconds() == T0 + 300 - 3600


def test_the_newest_gap_counts(watch, clock):
    for _ in range(2):
        clock.suspend(60)
        watch.run()

    assert watch.resumed_unix_seconds() == T0 + 120
    assert watch.uptime().lost_seconds == 120


MOVES = st.lists(st.tuples(st.sampled_from(["advance", "suspend", "jump"]), st.floats(0, 1e6)), max_size=20)


@given(moves=MOVES)
def test_all_time_was_spent_running_or_lost(moves):
    clock = FakeClock(T0)
    watch, before = GapWatch(clock), clock.boottime_seconds()
    for move, seconds in moves:
        getattr(clock, move)(seconds)
        watch.run()

    uptime = watch.uptime()
    passed = clock.boottime_seconds() - before
    assert uptime.ran_seconds + uptime.lost_seconds == pytest.approx(passed)
    assert uptime.resumed_unix_seconds <= clock.unix_seconds()


def test_the_machines_own_clocks_show_none():
    watch = GapWatch(SystemClock())

    assert watch.resumed_unix_seconds() == 0

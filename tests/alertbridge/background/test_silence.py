"""When a silence is too long, by tables and for any course of things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.background.gaps import Passed, Uptime, uptime_after
from alertbridge.background.silence import Beat, after, is_too_long, later, limit_seconds
from alertbridge.outbox.heartbeat_record import HeartbeatRecord
from tests.alertbridge.alert_builders import T0

ALARM_AFTER_SECONDS = 300.0
ON_ARRIVAL = 20.0


def a_beat(now: float, evaluated: float | None) -> Beat:
    return Beat(
        now_unix_seconds=now, evaluated_unix_seconds=evaluated, alarm_after_seconds=ALARM_AFTER_SECONDS
    )


def record_after(*evaluated: float, age: float = ON_ARRIVAL) -> HeartbeatRecord:
    record = None
    for one in evaluated:
        record = after(a_beat(one + age, one), record, {})
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("evaluated", "limit"),
    [
        ((T0,), 360.0),  # how often it comes is not known
        ((T0, T0 + 60), 360.0),
        ((T0, T0 + 15), 315.0),
        ((T0, T0 + 15, T0 + 4000), 315.0),  # it was away
    ],
)
def test_an_evaluation_counts_for_as_long_as_the_next_takes_to_be_sent(evaluated, limit):
    assert limit_seconds(record_after(*evaluated), ALARM_AFTER_SECONDS) == limit


@pytest.mark.parametrize(
    ("age", "silent"), [(0.0, 0.0), (20.0, 20.0), (240.0, 240.0), (241.0, 0.0), (-30.0, 0.0), (-1e6, 0.0)]
)
def test_a_silence_begins_with_the_evaluation_unless_the_clocks_do_not_agree(age, silent):
    record = record_after(T0, age=age)

    assert record.silent_seconds == silent
    assert record.since_unix_seconds == T0 + age - silent


def test_a_heartbeat_that_does_not_say_counts_from_its_arrival():
    record = after(a_beat(T0, None), None, {})

    assert (record.since_unix_seconds, record.silent_seconds) == (T0, 0)
    assert limit_seconds(record, ALARM_AFTER_SECONDS) == ALARM_AFTER_SECONDS


STRETCHES = st.lists(st.tuples(st.floats(0, 400), st.booleans()), min_size=1, max_size=12)


@given(stretches=STRETCHES)
def test_an_alarm_is_raised_neither_early_nor_never(stretches):
    record, uptime = record_after(T0, T0 + 60), Uptime()
    limit, ran, heard, total = 360.0, ON_ARRIVAL, 0.0, ON_ARRIVAL
    for seconds, is_lost in stretches:
        lost = is_lost and seconds > 5
        for step in [seconds] if lost else [5.0] * int(seconds // 5):
            before = uptime
            uptime = uptime_after(uptime, Passed(seconds=step, step_seconds=0.0), T0)
            record = later(record, before, uptime)
            total += step
            ran, heard = (ran, 0.0) if lost else (ran + step, heard + step)
            is_due = is_too_long(record, uptime, ALARM_AFTER_SECONDS)
            assert not is_due or total >= limit - 1e-6
            assert is_due or ran < limit + 1e-6
            assert is_due or total < limit + 1e-6 or heard < 150 + 1e-6

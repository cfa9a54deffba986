"""Quiet hours, held against a clock on the wall that is read minute by minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings
from tests.alertbridge.alert_builders import a_user

BERLIN = ZoneInfo("Europe/Berlin")
CASABLANCA = ZoneInfo("Africa/Casablanca")
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC"]
).map(ZoneInfo)
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
HOURS = st.tuples(TIMES, TIMES).filter(lambda ends: ends[0] != ends[1]).map(lambda ends: QuietHours(*ends))
# All of two years, so that the clock is changed a few times in any zone that changes it
MOMENTS = st.integers(1_767_225_600, 1_767_225_600 + 2 * 365 * 86_400).map(float)


def at(text: str) -> float:
    """Return the moment that *text* names, such as 2026-10-25T02:30+02:00."""
    return datetime.fromisoformat(text).timestamp()


def shown(unix_seconds: float, zone) -> datetime:
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone(zone).replace(tzinfo=None)


def is_within(hours: QuietHours, clock: time) -> bool:
    if hours.start < hours.end:
        return hours.start <= clock < hours.end
    return clock >= hours.start or clock < hours.end


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ("22:00-07:00", "2026-06-10T21:59:59+02:00", None),
        ("22:00-07:00", "2026-06-10T22:00:00+02:00", "2026-06-11T07:00+02:00"),
        ("22:00-07:00", "2026-06-11T00:00:00+02:00", "2026-06-11T07:00+02:00"),
        ("22:00-07:00", "2026-06-11T06:59:59+02:00", "2026-06-11T07:00+02:00"),
        ("22:00-07:00", "2026-06-11T07:00:00+02:00", None),
        ("12:00-13:30", "2026-06-11T12:15:00+02:00", "2026-06-11T13:30+02:00"),
        ("12:00-13:30", "2026-06-11T11:15:00+02:00", None),
        ("22:00-07:00", "2026-03-29T01:00:00+01:00", "2026-03-29T07:00+02:00"),
        ("22:00-07:00", "2026-10-25T02:30:00+02:00", "2026-10-25T07:00+01:00"),
        ("22:00-02:30", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00+02:00"),
        ("22:00-02:30", "2026-03-29T03:00:00+02:00", None),
        ("02:30-03:15", "2026-03-29T03:00:00+02:00", "2026-03-29T03:15+02:00"),
        ("22:00-02:30", "2026-10-25T02:29:00+02:00", "2026-10-25T02:30+02:00"),
        ("22:00-02:30", "2026-10-25T02:15:00+01:00", None),
        ("02:30-07:00", "2026-10-25T02:15:00+01:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_is_over_when_the_clock_on_the_wall_says_so(hours, now, until):
    found = QuietHours.from_setting(hours).until_unix_seconds(BERLIN, at(now))

    assert found == (None if until is None else at(until))


@given(hours=HOURS, zone=ZONES, now=MOMENTS)
@example(hours=QuietHours(time(22), time(2, 30)), zone=BERLIN, now=at("2026-03-29T01:59:59+01:00"))
@example(hours=QuietHours(time(22), time(2, fold=1)), zone=CASABLANCA, now=at("2026-03-22T01:00:00+00:00"))
def test_ends_in_the_future_when_the_clock_first_shows_the_end(hours, zone, now):
    until = hours.until_unix_seconds(zone, now)

    if until is not None:
        assert now < until <= now + 25 * 3600
        assert shown(until, zone).time() >= hours.end
        assert shown(until - 1, zone) < datetime.combine(shown(until, zone), hours.end)
        assert hours.until_unix_seconds(zone, until - 1) == until


@given(hours=HOURS, zone=ZONES, now=MOMENTS)
def test_is_what_the_clock_shows_on_days_when_nobody_changes_it(hours, zone, now):
    day = timedelta(days=1)
    offsets = {shown(now + side * 86_400, zone) - shown(now, zone) == side * day for side in (-1, 1)}

    is_quiet = hours.until_unix_seconds(zone, now) is not None

    if offsets == {True}:
        assert is_quiet == is_within(hours, shown(now, zone).time())


@given(HOURS)
def test_is_read_as_it_is_written(hours):
    assert QuietHours.from_setting(str(hours)) == hours


@pytest.mark.parametrize(
    "value", [None, 22, "", "22:00", "22-7", "24:00-07:00", "22:00-22:00", "7:00-8:00", " 22:00-07:00\n"]
)
def test_refuses_what_is_no_stretch_of_a_day(value):
    with pytest.raises(ValueError, match="two different times of day such as 22:00-07:00"):
        QuietHours.from_setting(value)


@pytest.mark.parametrize(
    ("passing", "severities", "clock", "may"),
    [
        (("critical",), ["warning"], "23:00", False),
        (("critical",), ["warning"], "12:00", True),
        (("critical",), ["warning", "critical"], "23:00", True),
        (("critical", "warning"), ["warning"], "23:00", True),
        ((), ["critical"], "23:00", False),
        (("critical",), [], "23:00", False),
    ],
)
def test_lets_pass_what_its_user_excepts(passing, severities, clock, may):
    quiet = QuietSettings(hours=QuietHours(time(22), time(7)), passing=passing)

    assert a_user(quiet=quiet).may_be_told(severities, at(f"2026-06-10T{clock}+00:00")) is may


def test_a_user_without_quiet_hours_is_told_at_any_time():
    assert a_user().may_be_told(["info"], at("2026-06-10T03:00+00:00"))
    assert a_user().quiet_until(at("2026-06-10T03:00+00:00")) is None

"""Quiet hours: a stretch of every day by the clock on the wall, whatever daylight saving does to it."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Self

_SHAPE = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_EXPECTED = "two different times of day such as 22:00-07:00"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From the moment *start* up to, and without, the moment *end*; over midnight when that is earlier."""

    start: time
    end: time

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the hours that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        match = _SHAPE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(_EXPECTED)
        start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
        hours = cls(time(start_hour, start_minute), time(end_hour, end_minute))
        if hours.start == hours.end:
            raise ValueError(_EXPECTED)
        return hours

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def until_unix_seconds(self, zone: tzinfo, now_unix_seconds: float) -> float | None:
        """Return when the quiet ends that holds at that moment in *zone*; None when there is none."""
        today = datetime.fromtimestamp(now_unix_seconds, zone).date()
        for day in (today - timedelta(days=1), today):
            last_day = day if self.start < self.end else day + timedelta(days=1)
            end = _first_moment(last_day, self.end, zone)
            if _first_moment(day, self.start, zone) <= now_unix_seconds < end:
                return end
        return None


def _first_moment(day: date, at: time, zone: tzinfo) -> float:
    """Return when the clock in *zone* first shows that time of that day, or passes over it."""
    wanted = datetime.combine(day, at.replace(fold=0))
    moment = wanted.replace(tzinfo=zone).timestamp()
    if _shown(moment, zone) == wanted:
        return moment
    # The clock is put forward over it. By PEP 495 the one fold counts from before that, the other from after.
    before = int(wanted.replace(tzinfo=zone, fold=1).timestamp())
    seconds = range(before, int(moment) + 1)
    return float(seconds[bisect_left(seconds, wanted, key=lambda second: _shown(second, zone))])


def _shown(unix_seconds: float, zone: tzinfo) -> datetime:
    """Return what the clock in *zone* shows then."""
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone(zone).replace(tzinfo=None)

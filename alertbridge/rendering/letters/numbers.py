"""Numbers and times as people read them; a number that makes no sense reads as not known."""

import math
from datetime import UTC, datetime, tzinfo

from marax.settings.durations import spoken

NOT_KNOWN = "not known"

_LATEST_UNIX_SECONDS = 32_503_680_000.0  # the year 3000
_LARGEST_RATIO = 1_000.0
_LARGEST_LOAD = 1e6
_LARGEST_BYTES = 1e18
_KIBI = 1024.0
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")
_CLOCKS_CHANGED_SECONDS = 36 * 3600.0
_WHOLE_FROM = 100.0


def is_time(unix_seconds: float | None) -> bool:
    """Say whether *unix_seconds* can be a moment between 1970 and the year 3000."""
    return unix_seconds is not None and 0 <= unix_seconds < _LATEST_UNIX_SECONDS


def moment(unix_seconds: float | None, zone: tzinfo) -> str:
    """Return the moment in *zone* and in UTC: `Sun 22 Nov 2026, 14:02:15 CET (13:02:15 UTC)`."""
    if unix_seconds is None or not is_time(unix_seconds):
        return "an unknown date"
    here, there = datetime.fromtimestamp(unix_seconds, zone), datetime.fromtimestamp(unix_seconds, UTC)
    whole = f"{here:%a %d %b %Y, %H:%M:%S} {_zone_name(here)}"
    if _zone_name(here) == "UTC":
        return whole
    day = "" if here.date() == there.date() else f"{there:%a %d %b}, "
    return f"{whole} ({day}{there:%H:%M:%S} UTC)"


def moment_in_table(unix_seconds: float | None, zone: tzinfo, now_unix_seconds: float) -> str:
    """Return the moment in *zone*, short: with its day only if that is not the day of *now_unix_seconds*.

    Where the clocks were changed since, or in the last day and a half, it tells its zone: `02:45:00 CEST`.
    """
    if unix_seconds is None or not is_time(unix_seconds):
        return NOT_KNOWN
    here = datetime.fromtimestamp(unix_seconds, zone)
    if not is_time(now_unix_seconds):
        return f"{here:%d %b %H:%M}"
    now = datetime.fromtimestamp(now_unix_seconds, zone)
    lately = datetime.fromtimestamp(max(now_unix_seconds - _CLOCKS_CHANGED_SECONDS, 0.0), zone)
    is_one_zone = here.utcoffset() == now.utcoffset() == lately.utcoffset()
    name = "" if is_one_zone else f" {_zone_name(here)}"
    return f"{here:%H:%M:%S}{name}" if now.date() == here.date() else f"{here:%d %b %H:%M}{name}"


def span(from_unix_seconds: float | None, to_unix_seconds: float | None) -> str:
    """Return the time between two moments: `14 min`; none is shorter than 0 s."""
    if from_unix_seconds is None or to_unix_seconds is None:
        return "an unknown time"
    if not is_time(from_unix_seconds) or not is_time(to_unix_seconds):
        return "an unknown time"
    return spoken(to_unix_seconds - from_unix_seconds)


def length(seconds: float | None) -> str:
    """Return a length of time: `12 ms`, `3 d 2 h`."""
    if seconds is None or not is_time(seconds):
        return NOT_KNOWN
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else spoken(seconds)


def percent(ratio: float | None) -> str:
    """Return *ratio* (1 is all) as `97 %`."""
    if ratio is None or not 0 <= ratio <= _LARGEST_RATIO:
        return NOT_KNOWN
    return f"{ratio * 100:.0f} %"


def exact_percent(ratio: float | None) -> str:
    """Return a share (1 is all) as `99.9 %`, which only all of it rounds up to `100.0 %`."""
    if ratio is None or not 0 <= ratio <= 1:
        return NOT_KNOWN
    return f"{math.floor(ratio * 1000) / 10:.1f} %"


def size(number_of_bytes: float | None) -> str:
    """Return bytes as `9.8 GiB`, in units of 1,024."""
    if number_of_bytes is None or not 0 <= number_of_bytes <= _LARGEST_BYTES:
        return NOT_KNOWN
    amount, unit = number_of_bytes, _UNITS[0]
    for unit in _UNITS:  # noqa: B007 - the unit that fits is wanted after the loop
        amount /= _KIBI
        if amount < _KIBI:
            break
    return f"{amount:.0f} {unit}" if amount >= _WHOLE_FROM else f"{amount:.1f} {unit}"


def load(load1: float | None) -> str:
    """Return a load average as `9.40`."""
    if load1 is None or not 0 <= load1 <= _LARGEST_LOAD:
        return NOT_KNOWN
    return f"{load1:.2f}"


def per_cpu(load1: float | None, cpus: float | None) -> float | None:
    """Return the load that falls to each CPU, or None when it is not known."""
    if load1 is None or cpus is None or load(load1) == NOT_KNOWN or not 1 <= cpus <= _LARGEST_LOAD:
        return None
    return load1 / cpus


def counted(number: int, one: str, many: str) -> str:
    """Return `1 host` or `12 hosts`."""
    return f"{number} {one if number == 1 else many}"


def _zone_name(when: datetime) -> str:
    return when.tzname() or "local time"

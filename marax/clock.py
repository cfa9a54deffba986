"""Time, handed in: nothing in marax asks the machine for the time by itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings of time, both in seconds."""

    def unix_seconds(self) -> float:
        """Return the wall clock: seconds since 1970-01-01 UTC; it may jump."""
        ...

    def monotonic_seconds(self) -> float:
        """Return a clock that never runs backwards; only differences of it mean anything."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def unix_seconds(self) -> float:
        return time.time()  # noqa: TID251 - the one place that may

    def monotonic_seconds(self) -> float:
        return time.monotonic()

    def boottime_seconds(self) -> float:
        """Return a monotonic clock that goes on while the machine is suspended."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

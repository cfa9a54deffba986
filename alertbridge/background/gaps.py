"""Gaps: stretches in which the bridge did not run, as its machine was suspended or its process stopped."""

import threading
from dataclasses import dataclass, replace
from typing import Protocol

# A loop that comes round every second is this late on no machine that works
_LATE_SECONDS = 5.0
# A machine that is paused from outside learns of it by its wall clock alone; NTP steps are shorter
_STEP_SECONDS = 10.0


class GapClock(Protocol):
    """Three readings of time, in seconds."""

    def unix_seconds(self) -> float:
        """Return the wall clock; it may jump."""
        ...

    def monotonic_seconds(self) -> float:
        """Return a clock that may stand still while the machine is suspended."""
        ...

    def boottime_seconds(self) -> float:
        """Return a clock that goes on while the machine is suspended."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """How the time since the start was spent.

    Attributes:
        ran_seconds: For how long the bridge ran.
        lost_seconds: For how long it did not, in gaps; as far as a clock went on meanwhile.
        resumed_unix_seconds: When the newest gap ended; 0 before the first.
        resumed_at_seconds: What *ran_seconds* was at that time.
    """

    ran_seconds: float = 0.0
    lost_seconds: float = 0.0
    resumed_unix_seconds: float = 0.0
    resumed_at_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What the clocks say of the time between two looks.

    Attributes:
        seconds: How much passed, by the clock that went furthest without being set.
        step_seconds: How far the wall clock went beyond that; negative when it was set back.
    """

    seconds: float
    step_seconds: float

    @property
    def is_late(self) -> bool:
        """Whether more time passed than between two looks of a bridge that runs."""
        return self.seconds > _LATE_SECONDS

    @property
    def is_gap(self) -> bool:
        """Whether the bridge did not run in between."""
        return self.is_late or self.step_seconds > _STEP_SECONDS


def uptime_after(before: Uptime, passed: Passed, now_unix_seconds: float) -> Uptime:
    """Return what *before* is once that time has *passed*."""
    if not passed.is_gap:
        # What was noted by a clock that is then set has to be set with it
        resumed = before.resumed_unix_seconds + passed.step_seconds if before.resumed_unix_seconds else 0.0
        ran = before.ran_seconds + passed.seconds
        return replace(before, ran_seconds=ran, resumed_unix_seconds=resumed)
    ran, lost = (0.0, passed.seconds) if passed.is_late else (passed.seconds, 0.0)
    return Uptime(
        ran_seconds=before.ran_seconds + ran,
        lost_seconds=before.lost_seconds + lost,
        resumed_unix_seconds=now_unix_seconds,
        resumed_at_seconds=before.ran_seconds + ran,
    )


class GapWatch:
    """Notices gaps by itself: its clocks disagree, or too much time passed since it last looked.

    Whoever asks makes it look, so that nobody acts on a gap unawares; threads may share it. It has to look
    every second.
    """

    def __init__(self, clock: GapClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = self._readings()
        self._uptime = Uptime()

    def run(self) -> None:
        """Look."""
        self.uptime()

    def resumed_unix_seconds(self) -> float:
        """Return when the newest gap ended; 0 before the first."""
        return self.uptime().resumed_unix_seconds

    def uptime(self) -> Uptime:
        """Return how the time until now was spent."""
        with self._lock:
            before, self._seen = self._seen, self._readings()
            wall, monotonic, boot = (now - then for now, then in zip(self._seen, before, strict=True))
            seconds = max(monotonic, boot, 0.0)
            passed = Passed(seconds=seconds, step_seconds=wall - seconds)
            self._uptime = uptime_after(self._uptime, passed, self._seen[0])
            return self._uptime

    def _readings(self) -> tuple[float, float, float]:
        clock = self._clock
        return clock.unix_seconds(), clock.monotonic_seconds(), clock.boottime_seconds()

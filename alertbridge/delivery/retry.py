"""When a notice is tried again after an attempt that failed, also when the clock was set back since."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from alertbridge.delivery.mailer import NotSent
from marax.clock import Clock

_STEPS_SECONDS = (5.0, 15.0, 45.0, 120.0, 300.0, 600.0, 900.0)
_AFTER_AMBIGUOUS_SECONDS = 10.0
_PROBE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 3600.0
_NOTEWORTHY_SECONDS = 30.0  # less is how clocks are kept in step

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Full jitter (AWS Architecture Blog, 2015) over steps that grow to 15 minutes; expired after *max_age*.

    Attributes:
        max_age_seconds: How old a notice may get before it is a dead letter.
        chance: Where the jitter comes from.
    """

    max_age_seconds: float = 86400.0
    chance: random.Random = field(default_factory=random.SystemRandom)

    def wait_seconds(self, attempts: int) -> float:
        """Return how long to wait after the *attempts*-th failure; 1 is the first."""
        step = _STEPS_SECONDS[min(attempts, len(_STEPS_SECONDS)) - 1]
        return self.chance.uniform(min(1.0, step), step)

    def wait_after(self, outcome: NotSent, attempts: int) -> float:
        """Return how long to wait after the *attempts*-th failure, which was *outcome*."""
        asked = outcome.try_within_seconds
        if not outcome.is_counted:
            return self.pause_seconds(asked)
        return self.wait_seconds(attempts) if asked is None else min(self.wait_seconds(attempts), asked)

    def ambiguous_wait_seconds(self, attempts: int) -> float:
        """Return how long to wait before repeating what may have been sent: at least 10 s."""
        return max(_AFTER_AMBIGUOUS_SECONDS, self.wait_seconds(attempts))

    def pause_seconds(self, asked_seconds: float | None) -> float:
        """Return how long to pause a transport that *asked* for so long, or did not say: 1 s to 1 h."""
        asked = _PROBE_SECONDS if asked_seconds is None else asked_seconds
        return min(max(asked, 1.0), _LONGEST_PAUSE_SECONDS)


class ClockWatch:
    """Holds the wall clock against the monotonic one. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offset_seconds = self._offset()

    def follow(self, on_set_back: Callable[[float], None]) -> None:
        """Call *on_set_back* with the seconds by which the clock was set back, once each time it was."""
        with self._lock:
            offset_seconds = self._offset()
            moved_seconds = offset_seconds - self._offset_seconds
            if abs(moved_seconds) < _NOTEWORTHY_SECONDS:
                return
            if moved_seconds < 0:
                logger.warning("the clock was set back", extra={"seconds": round(-moved_seconds)})
                on_set_back(-moved_seconds)
            self._offset_seconds = offset_seconds

    def _offset(self) -> float:
        return self._clock.unix_seconds() - self._clock.monotonic_seconds()

"""Notices that the machine's clock was set back."""

import logging
import threading
from collections.abc import Callable

from marax.clock import Clock

_NOTEWORTHY_SECONDS = 30.0  # less is how clocks are kept in step

logger = logging.getLogger("clock")


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

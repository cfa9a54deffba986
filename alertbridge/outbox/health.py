"""The health of the store: what keeps alerts from being stored, and mail from being sent."""

import logging
from collections.abc import Callable

from alertbridge.outbox.backlog import Backlog
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import Outbox
from marax.clock import Clock
from marax.settings.durations import spoken

_LONG_HELD_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class StoreHealth:
    """Answers `/-/ready` and the metrics of the backlog.

    *clock_warning* returns what to say where clocks differ; by default nothing.
    """

    def __init__(self, outbox: Outbox, clock: Clock, *, clock_warning: Callable[[], str] = str) -> None:
        self._outbox = outbox
        self._clock = clock
        self._clock_warning = clock_warning

    def problems(self) -> list[str]:
        """Return what keeps alerts from being stored, in words; empty when nothing does."""
        try:
            self._outbox.database.check_writable()
        except StoreError as error:
            return [f"nothing can be stored: {error}"]
        return []

    def warnings(self) -> list[str]:
        """Return what keeps mail from being sent, ends from being reported, or times from being right."""
        words = self._clock_warning()
        return [*self._backlog_warnings(), *([words] if words else [])]

    def _backlog_warnings(self) -> list[str]:
        backlog = self.backlog()
        if backlog is None:
            return []
        paused = [f"sending is paused: {backlog.pause_reason}"] if backlog.pause_reason else []
        oldest, now = backlog.oldest_held_end_unix_seconds, self._clock.unix_seconds()
        if oldest is None or now - oldest < _LONG_HELD_SECONDS:
            return paused
        alerts = "alert is" if backlog.held_ends == 1 else "alerts are"
        ends = f"{backlog.held_ends} resolved {alerts} not confirmed, the oldest for {spoken(now - oldest)}"
        return [*paused, f"{ends}: {backlog.held_end_reason}"]

    def backlog(self) -> Backlog | None:
        """Return what has not been sent yet; None while the store cannot be read."""
        try:
            return self._outbox.backlog(self._clock.unix_seconds())
        except StoreError as error:
            logger.warning("cannot read the outbox for /metrics", extra={"reason": str(error)})
            return None

"""What is done now and then beside the daily work."""

import logging
import threading

from alertbridge.outbox.database import Database, StoreError
from alertbridge.outbox.retention import forget_old
from marax.clock import Clock

_EVERY_SECONDS = 3600.0
_PAUSE_SECONDS = 1.0

logger = logging.getLogger("housekeeping")


class Housekeeping:
    """Keeps the database from growing for ever, in small steps that hold up nobody."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def run(self, is_over: threading.Event) -> None:
        """Tidy up every hour until *is_over*."""
        wait_seconds = _PAUSE_SECONDS
        while not is_over.wait(wait_seconds):
            wait_seconds = _PAUSE_SECONDS if self.tidy() else _EVERY_SECONDS

    def tidy(self) -> bool:
        """Forget some of what is long over; return whether there may be more."""
        try:
            forgotten = forget_old(self._database, self._clock.unix_seconds())
        except StoreError as error:
            logger.warning("what is long over could not be forgotten", extra={"reason": str(error)})
            return False
        if forgotten:
            logger.info("forgot what is long over", extra={"incidents": forgotten})
        return forgotten > 0

"""Keeping the database from growing for ever, in small steps that hold up nobody."""

import logging

from alertbridge.outbox.database import Database
from alertbridge.outbox.retention import delete_expired
from marax.clock import Clock

logger = logging.getLogger(__name__)


class Retention:
    """Deletes incidents that have been over for long."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def run(self) -> bool:
        """Delete some of them; return whether there may be more.

        Raises:
            StoreError: They could not be deleted.
        """
        deleted = delete_expired(self._database, self._clock.unix_seconds())
        if deleted:
            logger.info("deleted expired incidents", extra={"incidents": deleted})
        return deleted > 0

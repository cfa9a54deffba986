"""Reminding people, now and then, of what goes on."""

import logging
import threading
from collections.abc import Callable

from alertbridge.outbox.database import StoreError
from alertbridge.outbox.summaries import Reminders
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

_EVERY_SECONDS = 60.0

logger = logging.getLogger("reminders")


class Reminding:
    """Looks every minute whether somebody is to be reminded, and calls *on_news* when so."""

    def __init__(
        self,
        *,
        reminders: Reminders,
        routing: Callable[[], Routing],
        clock: Clock,
        on_news: Callable[[], None],
    ) -> None:
        self._reminders = reminders
        self._routing = routing
        self._clock = clock
        self._on_news = on_news

    def run(self, is_over: threading.Event) -> None:
        """Look until *is_over*."""
        while not is_over.wait(_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """Owe the reminders that are due."""
        try:
            owed = self._reminders.owe(self._routing(), self._clock.unix_seconds())
        except StoreError as error:
            logger.warning("whom to remind cannot be found out", extra={"reason": str(error)})
            return
        if owed:
            logger.info("reminders are due", extra={"notices": owed})
            self._on_news()

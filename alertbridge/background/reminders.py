"""Reminding people, now and then, of what goes on."""

import logging
from collections.abc import Callable
from typing import Protocol

from alertbridge.outbox.summaries import Reminders
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

logger = logging.getLogger(__name__)


class ReminderConfig(Protocol):
    """What the settings in force say of who is reminded, and how often."""

    @property
    def routing(self) -> Routing: ...


class ReminderScheduler:
    """Looks whether somebody is to be reminded, and calls *on_news* when so."""

    def __init__(
        self, *, reminders: Reminders, live: ReminderConfig, clock: Clock, on_news: Callable[[], None]
    ) -> None:
        self._reminders = reminders
        self._live = live
        self._clock = clock
        self._on_news = on_news

    def run(self) -> None:
        """Write the reminders that are due.

        Raises:
            StoreError: They could not be written.
        """
        due = self._reminders.create_due(self._live.routing, self._clock.unix_seconds())
        if due:
            logger.info("reminders due", extra={"notices": due})
            self._on_news()

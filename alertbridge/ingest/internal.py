"""Alerts that the bridge raises itself, on their way to the store."""

import logging
from collections.abc import Callable
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.outbox.intake import Intake
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

logger = logging.getLogger(__name__)


class RoutingConfig(Protocol):
    """What the settings in force say of who is notified."""

    @property
    def routing(self) -> Routing: ...


class InternalAlerts:
    """Takes in internal alerts, which are not counted among Alertmanager's; *on_news* as with those."""

    def __init__(
        self, *, intake: Intake, live: RoutingConfig, clock: Clock, on_news: Callable[[], None]
    ) -> None:
        self._intake = intake
        self._live = live
        self._clock = clock
        self._on_news = on_news

    def take(self, *alerts: Alert) -> None:
        """Store *alerts*, which begin or have ended; they are reported together.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        taken = self._intake.take(alerts, self._live.routing, self._clock.unix_seconds())
        if taken.notices:
            for alert in alerts:
                state = "raised" if alert.is_firing else "resolved"
                about = {"alertname": alert.labels["alertname"], "host": alert.labels["host"]}
                logger.warning("%s internal alert", state, extra=about)
            self._on_news()

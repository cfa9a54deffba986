"""Where alerts come in, whoever raises them: stored, counted, and the courier woken when there is news."""

import logging
from collections.abc import Callable, Sequence

from alertbridge.alerts.alert import Alert
from alertbridge.metrics import Metrics
from alertbridge.outbox.intake import Intake
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

logger = logging.getLogger("reception")


class Reception:
    """Takes alerts in by the routing in force, and calls *on_news* when somebody has to be told."""

    def __init__(
        self,
        *,
        intake: Intake,
        routing: Callable[[], Routing],
        clock: Clock,
        metrics: Metrics,
        on_news: Callable[[], None],
    ) -> None:
        self._intake = intake
        self._routing = routing
        self._clock = clock
        self._metrics = metrics
        self._on_news = on_news

    def take(self, alerts: Sequence[Alert]) -> None:
        """Store *alerts* and all that follows from them.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        taken = self._intake.take(alerts, self._routing(), self._clock.unix_seconds())
        for verdict, count in taken.verdicts.items():
            self._metrics.alerts.labels(verdict=verdict).inc(count)
        if taken.notices:
            verdicts = {str(verdict): count for verdict, count in taken.verdicts.items()}
            logger.info("alerts taken", extra={"notices": taken.notices} | verdicts)
            self._on_news()

    def raise_internal(self, alert: Alert) -> None:
        """Store an alert that the bridge raises itself, which is not counted among Alertmanager's.

        Raises:
            StoreError: It could not be stored.
        """
        taken = self._intake.take([alert], self._routing(), self._clock.unix_seconds())
        if taken.notices:
            logger.warning("an alert of our own", extra={"labels": alert.labels["host"]})
            self._on_news()

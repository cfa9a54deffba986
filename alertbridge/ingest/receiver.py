"""From Alertmanager's webhook to the store: the heartbeat is noted, and all else is stored."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.background.heartbeat import Heartbeat, evaluated_unix_seconds
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.ingest.unrouted import UnroutedAlerts
from alertbridge.metrics.table import NOT_MAILED, Metrics
from alertbridge.outbox.intake import Intake, Taken
from alertbridge.routing.recipients import Routing
from alertbridge.routing.severities import is_never_mailed
from marax.clock import Clock

_STORED_AT_ONCE = 10_000
_PAUSE_SECONDS = 0.02  # SQLite's lock is not fair: whoever waits for it looks again every few milliseconds

logger = logging.getLogger(__name__)


class ReceiverConfig(Protocol):
    """What the settings in force say of incoming alerts."""

    @property
    def routing(self) -> Routing: ...

    @property
    def heartbeat(self) -> HeartbeatSettings: ...


class WebhookReceiver:
    """Takes in what Alertmanager sends; *on_news* is called when somebody has to be notified."""

    def __init__(  # noqa: PLR0913 - what stands behind the webhook
        self,
        *,
        intake: Intake,
        heartbeat: Heartbeat,
        live: ReceiverConfig,
        clock: Clock,
        metrics: Metrics,
        on_news: Callable[[], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._intake = intake
        self._heartbeat = heartbeat
        self._live = live
        self._clock = clock
        self._metrics = metrics
        self._on_news = on_news
        self._unrouted = UnroutedAlerts(metrics)
        self._pause = pause

    def receive(self, alerts: Sequence[Alert]) -> None:
        """Store *alerts* and all that follows from them; the heartbeat is noted, and is no alert.

        Those that are never mailed are only counted. An end is stored all the same: its alert may have begun
        when it was mailed.

        Raises:
            StoreError: Nothing of it could be stored, or that the heartbeat came could not.
        """
        name = self._live.heartbeat.alertname
        heartbeats = [alert for alert in alerts if alert.labels.get("alertname") == name]
        others = [alert for alert in alerts if alert.labels.get("alertname") != name]
        mailed = [alert for alert in others if not (alert.is_firing and is_never_mailed(alert))]
        if mailed:
            self._store(mailed)
        self._metrics.alerts.labels(verdict=NOT_MAILED).inc(len(others) - len(mailed))
        for heartbeat in heartbeats:
            if heartbeat.is_firing:
                self._heartbeat.beat(evaluated_unix_seconds(heartbeat), heartbeat.labels)

    def close(self, ends: Sequence[Alert]) -> None:
        """Store *ends* that have been proven.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        self._count(self._intake.close(ends, self._live.routing, self._clock.unix_seconds()))

    def settle(self, firings: Sequence[Alert]) -> None:
        """Store what disputed *firings* were found to be.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        self._count(self._intake.settle(firings, self._live.routing, self._clock.unix_seconds()))

    def _store(self, alerts: Sequence[Alert]) -> None:
        """Store *alerts*: many in several transactions, what is down first, so that other posts come between.

        If one of them fails, Alertmanager sends all of them again, and those that are stored change nothing.
        """
        routing = self._live.routing
        if len(alerts) > _STORED_AT_ONCE:
            alerts = sorted(alerts, key=lambda one: not routing.means_down(one))
        for first in range(0, len(alerts), _STORED_AT_ONCE):
            if first:
                self._pause(_PAUSE_SECONDS)
            some = alerts[first : first + _STORED_AT_ONCE]
            self._count(self._intake.take(some, routing, self._clock.unix_seconds()))

    def _count(self, taken: Taken) -> None:
        for verdict, count in taken.verdicts.items():
            self._metrics.alerts.labels(verdict=verdict).inc(count)
        self._unrouted.note(taken.unrouted, self._live.routing)
        if taken.notices:
            verdicts = {str(verdict): count for verdict, count in taken.verdicts.items()}
            logger.info("alerts received", extra={"notices": taken.notices} | verdicts)
            self._on_news()

"""What the bridge does with a webhook, and what it says of its own state."""

import logging
from collections.abc import Callable, Sequence

from alertbridge.alerts import Alert
from alertbridge.config import BridgeSettings
from alertbridge.instruments import Instruments
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.notices import Backlog
from alertbridge.outbox.outbox import Outbox
from alertbridge.targets import TargetGroup, target_groups
from marax.clock import Clock

logger = logging.getLogger("bridge")


class Bridge:
    """Takes alerts in for the web, and calls *on_news* when somebody has to be told."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        settings: Callable[[], BridgeSettings],
        clock: Clock,
        instruments: Instruments,
        on_news: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._clock = clock
        self._instruments = instruments
        self._on_news = on_news

    def take(self, alerts: Sequence[Alert]) -> None:
        """Store *alerts* and all that follows from them; the heartbeat is noted, and is no alert.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        settings = self._settings()
        now = self._clock.unix_seconds()
        heartbeat = settings.heartbeat.alertname
        told = [alert for alert in alerts if alert.labels.get("alertname") != heartbeat]
        taken = self._outbox.intake.take(told, settings.routing(), now)
        if any(alert.is_firing for alert in alerts if alert.labels.get("alertname") == heartbeat):
            self._instruments.heartbeat_seconds.set(now)
        for verdict, count in taken.verdicts.items():
            self._instruments.alerts.labels(verdict=verdict).inc(count)
        if taken.notices:
            verdicts = {str(verdict): count for verdict, count in taken.verdicts.items()}
            logger.info("alerts taken", extra={"notices": taken.notices} | verdicts)
            self._on_news()

    def troubles(self) -> list[str]:
        """Return what keeps alerts from being stored or sent, in words; empty when nothing does."""
        try:
            self._outbox.database.check_writable()
        except StoreError as error:
            return [f"nothing can be stored: {error}"]
        return []

    def target_groups(self) -> list[TargetGroup]:
        """Return the scrape targets in the form of file_sd and http_sd."""
        return target_groups(self._settings().hosts)

    def backlog(self) -> Backlog | None:
        """Return what has not left yet; None while the store cannot be read."""
        try:
            return self._outbox.notices.backlog(self._clock.unix_seconds())
        except StoreError:
            logger.warning("the outbox cannot be read for the metrics")
            return None

"""What the bridge does with a webhook, and what it says of its own state."""

import logging
from collections.abc import Callable, Sequence

from alertbridge.alerts.alert import Alert
from alertbridge.background.heartbeat import Heartbeat
from alertbridge.config import BridgeSettings
from alertbridge.fleet.targets import TargetGroup, target_groups
from alertbridge.outbox.backlog import Backlog
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import Outbox
from alertbridge.reception import Reception
from marax.clock import Clock

logger = logging.getLogger("bridge")


class Bridge:
    """What the web passes its requests on to."""

    def __init__(  # noqa: PLR0913 - what stands behind the routes
        self,
        *,
        outbox: Outbox,
        reception: Reception,
        heartbeat: Heartbeat,
        settings: Callable[[], BridgeSettings],
        on_beat: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._reception = reception
        self._heartbeat = heartbeat
        self._settings = settings
        self._on_beat = on_beat
        self._clock = clock

    def take(self, alerts: Sequence[Alert]) -> None:
        """Store *alerts* and all that follows from them; the heartbeat is noted, and is no alert.

        Raises:
            StoreError: Nothing of it could be stored, or that the heartbeat came could not.
        """
        heartbeat = self._settings().heartbeat.alertname
        beats = [alert for alert in alerts if alert.labels.get("alertname") == heartbeat]
        told = [alert for alert in alerts if alert.labels.get("alertname") != heartbeat]
        if told:
            self._reception.take(told)
        if any(alert.is_firing for alert in beats):
            self._heartbeat.beat()
            self._on_beat()

    def troubles(self) -> list[str]:
        """Return what keeps alerts from being stored, in words; empty when nothing does."""
        try:
            self._outbox.database.check_writable()
        except StoreError as error:
            return [f"nothing can be stored: {error}"]
        return []

    def hindrances(self) -> list[str]:
        """Return what keeps mail from leaving, in words; empty when nothing does."""
        backlog = self.backlog()
        return [f"sending is paused: {backlog.pause_reason}"] if backlog and backlog.pause_reason else []

    def target_groups(self) -> list[TargetGroup]:
        """Return the scrape targets in the form of file_sd and http_sd."""
        return target_groups(self._settings().hosts)

    def backlog(self) -> Backlog | None:
        """Return what has not left yet; None while the store cannot be read."""
        try:
            return self._outbox.backlog(self._clock.unix_seconds())
        except StoreError:
            logger.warning("the outbox cannot be read for the metrics")
            return None

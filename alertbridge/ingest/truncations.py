"""Telling the admins, once, that Alertmanager leaves alerts out, and once that it no longer does."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.internal import is_truncation, truncated_alert
from alertbridge.alerts.payload import Payload
from alertbridge.metrics.table import Metrics
from marax.clock import Clock

_FORGOTTEN_AFTER_SECONDS = 86_400.0

logger = logging.getLogger(__name__)


class OpenAlerts(Protocol):
    """Knows which alerts are open; StoreError when that cannot be read."""

    def open_since(self, alert_id: str) -> float | None:
        """Return since when the alert fires, in Unix seconds; None when it does not."""
        ...

    def open_episodes(self) -> Sequence[Episode]:
        """Return the episodes that have not ended."""
        ...


class Truncations:
    """Raises an internal alert for each group that is truncated, as its receiver has a `max_alerts`.

    It ends with the next payload of the group that is whole. A group that is over sends none; so it also ends
    when nothing has been left out of any for a day.
    """

    def __init__(
        self,
        *,
        open_alerts: OpenAlerts,
        raise_alert: Callable[[Alert], object],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._open_alerts = open_alerts
        self._raise_alert = raise_alert
        self._clock = clock
        self._metrics = metrics
        self._began_unix_seconds = clock.unix_seconds()
        self._seen_unix_seconds: dict[str, float] = {}

    def note(self, payload: Payload) -> None:
        """Note whether *payload* is whole.

        Raises:
            StoreError: That could not be stored; the payload has to come again.
        """
        now = self._clock.unix_seconds()
        alert = truncated_alert(payload.receiver, payload.group_key, payload.truncated, now)
        since = self._open_alerts.open_since(alert.alert_id)
        if payload.truncated:
            if since is None:
                self._raise_alert(alert)
            self._seen_unix_seconds[alert.alert_id] = now
            self._metrics.truncated_alerts.inc(payload.truncated)
            told = {"receiver": payload.receiver, "group": payload.group_key, "number": payload.truncated}
            logger.warning("alerts left out by Alertmanager, see max_alerts of its receiver", extra=told)
        elif since is not None:
            self._end(replace(alert, starts_unix_seconds=since))

    def forget(self) -> None:
        """End the alerts of groups of which nothing has been left out for a day.

        Raises:
            StoreError: That could not be stored; the next call tries again.
        """
        forgotten = self._clock.unix_seconds() - _FORGOTTEN_AFTER_SECONDS
        seen = {key: seen for key, seen in self._seen_unix_seconds.items() if seen > forgotten}
        self._seen_unix_seconds = seen
        if self._began_unix_seconds > forgotten:
            return  # it is not known when something was left out before
        for episode in self._open_alerts.open_episodes():
            if is_truncation(episode.alert) and episode.alert_id not in seen:
                self._end(episode.alert)

    def _end(self, alert: Alert) -> None:
        ends = max(alert.starts_unix_seconds, self._clock.unix_seconds())  # the clock may have been set back
        self._raise_alert(replace(alert, is_firing=False, ends_unix_seconds=ends, is_proven=True))

"""Alerts that match no user: they are counted, and where nobody at all is notified of them, logged."""

import logging
from collections.abc import Sequence

from alertbridge.alerts.alert import Alert
from alertbridge.metrics.table import Metrics
from alertbridge.routing.recipients import Routing

_MOST_NAMES = 1000
_LONGEST_TEXT = 200

logger = logging.getLogger(__name__)


class UnroutedAlerts:
    """Counts them in *metrics*; each alert name is logged once."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._logged: set[str] = set()

    def note(self, alerts: Sequence[Alert], routing: Routing) -> None:
        """Note that *alerts* have begun, and match nobody by *routing*."""
        if not alerts:
            return
        notified = "admins" if routing.admins else "nobody"
        self._metrics.unrouted_alerts.labels(notified=notified).inc(len(alerts))
        if not routing.admins:
            for alert in alerts:
                self._log(alert, routing.host_of(alert))

    def _log(self, alert: Alert, host: str) -> None:
        name = alert.labels.get("alertname", "")[:_LONGEST_TEXT]
        if name in self._logged or len(self._logged) >= _MOST_NAMES:
            return
        self._logged.add(name)
        severity = alert.labels.get("severity", "")[:_LONGEST_TEXT]
        about = {"alertname": name, "host": host[:_LONGEST_TEXT], "severity": severity}
        logger.warning("alert matches no user, and there is no admin: nobody is notified", extra=about)

"""The titles of threads that begin together."""

from collections.abc import Sequence

from alertbridge.alerts.alert import Alert
from alertbridge.routing.recipients import Routing


class Titles:
    """Makes each title once: many users have the same, and that of a storm of thousands takes a while."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, alerts: Sequence[Alert]) -> str:
        """Return the title of a thread about *alerts*."""
        key = tuple(alert.alert_id for alert in alerts)
        if key not in self._known:
            self._known[key] = self._routing.title_of(alerts)
        return self._known[key]

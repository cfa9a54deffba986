"""What Alertmanager posts, on its way to the store: its alerts, what was odd about them, what it left out."""

import logging
from collections.abc import Sequence
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.payload import Payload
from alertbridge.metrics.table import Metrics

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """Takes in alerts."""

    def receive(self, alerts: Sequence[Alert]) -> None:
        """Store *alerts* and all that follows from them; StoreError when that cannot be stored."""
        ...


class TruncationReports(Protocol):
    """Notes what was left out of payloads; StoreError when that cannot be stored."""

    def note(self, payload: Payload) -> None: ...


class Posts:
    """Takes in payloads."""

    def __init__(self, *, receiver: Receiver, truncations: TruncationReports, metrics: Metrics) -> None:
        self._receiver = receiver
        self._truncations = truncations
        self._metrics = metrics

    def take(self, payload: Payload) -> None:
        """Store all that *payload* says, and count its odd alerts.

        Raises:
            StoreError: Not all of it could be stored; it has to be posted again, which does no harm.
        """
        self._receiver.receive(payload.alerts)
        self._truncations.note(payload)
        for result, number in ({"told": payload.odd} | dict(payload.refused)).items():
            if number:
                self._metrics.odd_alerts.labels(result=result).inc(number)
                logger.warning("odd alerts received", extra={"result": str(result), "number": number})

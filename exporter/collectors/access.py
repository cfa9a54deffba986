"""Who was let in, and who was not."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from exporter.access.service import Entrance
from exporter.collectors import families


class AccessCollector:
    """Logins and refusals since the start; reads nothing, and says nothing as long as there are no users."""

    name = "access"
    families = (families.AUTH_FAILURES, families.LOGINS, families.TOKENS_REVOKED)

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance

    def collect(self) -> Iterator[Metric]:
        if self._entrance.access() is not None:
            counts = self._entrance.counts
            yield families.AUTH_FAILURES.by({(reason,): n for reason, n in counts.refusals.items()})
            yield families.LOGINS.of(counts.logins)
            yield families.TOKENS_REVOKED.of(counts.revoked)

"""Which alerts Prometheus holds to be firing, now or at a moment in the past."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.servers import PrometheusServers
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 5.0
_FIRING = 'ALERTS{alertstate="firing"}'
_NOT_THE_ALERTS = ("__name__", "alertstate")


class FiringAlerts(Protocol):
    """Knows which alerts fire."""

    def at(self, unix_seconds: float | None = None) -> tuple[Mapping[str, str], ...] | NotKnown:
        """Return the labels of each alert that fires at that moment, by default now."""
        ...


class FiringInPrometheus:
    """Asks the Prometheis at *urls*, 5 s at most for each answer.

    What fires in one of them fires. The labels are those of the rules; Alertmanager's have Prometheus'
    external labels besides.
    """

    def __init__(self, urls: Sequence[HttpUrl]) -> None:
        self._urls = urls

    def at(self, unix_seconds: float | None = None) -> tuple[Mapping[str, str], ...] | NotKnown:
        return asyncio.run(self._ask(unix_seconds))

    async def _ask(self, unix_seconds: float | None) -> tuple[Mapping[str, str], ...] | NotKnown:
        api = PrometheusServers(self._urls, deadline=asyncio.get_running_loop().time() + _BUDGET_SECONDS)
        found = await api.series(_FIRING, unix_seconds)
        if isinstance(found, NotKnown):
            return found
        return tuple(
            {name: value for name, value in series.labels.items() if name not in _NOT_THE_ALERTS}
            for series in found
        )

"""Metric families as text, in the two formats that Prometheus asks for."""

from collections.abc import Iterable
from typing import cast

from prometheus_client import exposition
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = openmetrics.CONTENT_TYPE_LATEST


class _Gathered:
    """Metrics that are there already, where prometheus_client wants something to collect them from."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def as_text(metrics: Iterable[Metric]) -> bytes:
    """Return *metrics* in the text format 0.0.4, whose content type is `TEXT`."""
    return exposition.generate_latest(cast("Collector", _Gathered(metrics)))


def as_openmetrics(metrics: Iterable[Metric]) -> bytes:
    """Return *metrics* in the OpenMetrics format, whose content type is `OPENMETRICS`."""
    gathered = _Gathered(metrics)
    return cast("bytes", openmetrics.generate_latest(gathered))  # type: ignore[no-untyped-call] # not typed there

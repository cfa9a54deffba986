"""Pressure stall information: who had to wait, and for what."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.collectors.family import Family
from exporter.host.pressure import Pressure


class PressureCollector:
    """Two counters for each resource; reads four small files. Without PSI it has nothing to say."""

    name = "pressure"
    families = (families.PRESSURE_WAITING, families.PRESSURE_STALLED)

    def __init__(self, read: Callable[[], Mapping[str, Pressure]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        found = self._read()
        yield from _known(families.PRESSURE_WAITING, {r: p.waiting_seconds for r, p in found.items()})
        yield from _known(families.PRESSURE_STALLED, {r: p.stalled_seconds for r, p in found.items()})


def _known(family: Family, seconds: Mapping[str, float | None]) -> Iterator[Metric]:
    if any(s is not None for s in seconds.values()):
        yield family.by({(resource,): s for resource, s in seconds.items() if s is not None})

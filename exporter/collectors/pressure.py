"""Pressure stall information: who had to wait, and for what."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import Family, counter
from exporter.host.files import Attempts
from exporter.host.pressure import RESOURCES, Pressure, read_pressure

_RESOURCES = "cpu, memory, io and irq"

PRESSURE_WAITING = counter(
    "marax_pressure_waiting_seconds_total",
    "Time during which at least one task waited for the resource (PSI some).",
    resource=_RESOURCES,
)
PRESSURE_STALLED = counter(
    "marax_pressure_stalled_seconds_total",
    "Time during which all non-idle tasks waited for the resource (PSI full).",
    resource=_RESOURCES,
)


class PressureCollector:
    """Two counters for each resource; reads four small files. Without PSI it has nothing to say."""

    name = "pressure"
    families = (PRESSURE_WAITING, PRESSURE_STALLED)

    def __init__(self, read: Callable[[str], Pressure | None]) -> None:
        self._read = read

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_pressure, host.procfs))

    def collect(self) -> Iterator[Metric]:
        attempts = Attempts()
        readings = {resource: attempts.read(partial(self._read, resource)) for resource in RESOURCES}
        found = {resource: pressure for resource, pressure in readings.items() if pressure}
        yield from _known(PRESSURE_WAITING, {r: p.waiting_seconds for r, p in found.items()})
        yield from _known(PRESSURE_STALLED, {r: p.stalled_seconds for r, p in found.items()})
        attempts.check()


def _known(family: Family, seconds: Mapping[str, float | None]) -> Iterator[Metric]:
    if any(s is not None for s in seconds.values()):
        yield family.by({(resource,): s for resource, s in seconds.items() if s is not None})

"""Load averages."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import gauge
from exporter.host.load import Load, read_load

LOAD1 = gauge("marax_load1", "Load average over 1 minute.")
LOAD5 = gauge("marax_load5", "Load average over 5 minutes.")
LOAD15 = gauge("marax_load15", "Load average over 15 minutes.")


class LoadCollector:
    """The three load averages; reads /proc/loadavg once."""

    name = "load"
    families = (LOAD1, LOAD5, LOAD15)

    def __init__(self, read: Callable[[], Load]) -> None:
        self._read = read

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_load, host.procfs))

    def collect(self) -> Iterator[Metric]:
        load = self._read()
        yield LOAD1.of(load.load1)
        yield LOAD5.of(load.load5)
        yield LOAD15.of(load.load15)

"""Load averages."""

import os
from collections.abc import Callable, Iterator
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import gauge

LOAD1 = gauge("marax_load1", "Load average over 1 minute.")
LOAD5 = gauge("marax_load5", "Load average over 5 minutes.")
LOAD15 = gauge("marax_load15", "Load average over 15 minutes.")


class LoadCollector:
    """The three load averages; reads /proc/loadavg once."""

    name = "load"
    families = (LOAD1, LOAD5, LOAD15)

    def __init__(self, read: Callable[[], tuple[float, float, float]]) -> None:
        self._read = read

    @classmethod
    def of(cls, _host: Host) -> Self:
        return cls(os.getloadavg)

    def collect(self) -> Iterator[Metric]:
        return (family.of(load) for family, load in zip(self.families, self._read(), strict=True))

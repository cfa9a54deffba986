"""Load averages."""

from collections.abc import Callable, Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors import families


class LoadCollector:
    """The three load averages; reads /proc/loadavg once."""

    name = "load"
    families = (families.LOAD1, families.LOAD5, families.LOAD15)

    def __init__(self, read: Callable[[], tuple[float, float, float]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        return (family.of(load) for family, load in zip(self.families, self._read(), strict=True))

"""Collectors that do what a test asks for, and the broken ones of this world."""

import threading
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporter.collectors.family import Family
from exporter.collectors.load import LOAD1
from exporter.collectors.memory import MEMORY_TOTAL


class FakeCollector:
    """Offers one family and gives it the number of times that it ran, or raises what it was told to."""

    def __init__(self, name: str = "load", family: Family = LOAD1) -> None:
        self.name = name
        self.families: tuple[Family, ...] = (family,)
        self.runs = 0
        self.error: Exception | None = None

    def collect(self) -> Iterable[Metric]:
        self.runs += 1
        if self.error is not None:
            raise self.error
        return [self.families[0].of(self.runs)]


class StuckCollector(FakeCollector):
    """Does not return before `release` is called."""

    def __init__(self, name: str = "memory", family: Family = MEMORY_TOTAL) -> None:
        super().__init__(name, family)
        self._released = threading.Event()
        self.started = threading.Event()

    def collect(self) -> Iterable[Metric]:
        self.started.set()
        self._released.wait()
        return super().collect()

    def release(self) -> None:
        self._released.set()

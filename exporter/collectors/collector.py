"""What a collector is."""

from collections.abc import Iterable
from typing import Protocol

from prometheus_client.metrics_core import Metric

from exporter.collectors.family import Family


class Collector(Protocol):
    """One subject of the host, read anew at each scrape.

    It never runs a program, never opens a network connection, never writes, and may raise whatever it likes
    or never return: that costs only its own families. It is never run twice at the same time.
    """

    @property
    def name(self) -> str:
        """What `collect[]=` and the settings call it."""
        ...

    @property
    def families(self) -> tuple[Family, ...]:
        """Every family that it may return."""
        ...

    def collect(self) -> Iterable[Metric]:
        """Return what can be said now; a family about which nothing is known is left out.

        Raises:
            HostReadError: The host could not be read.
        """
        ...

"""What a collector is, what those of the host are made from, and what every scrape says of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prometheus_client.metrics_core import Metric

from exporter.collectors.family import Family, counter, gauge
from exporter.host.cpu_usage import UsageWindow
from marax.clock import Clock

_COLLECTORS = "one for each collector"

COLLECTOR_DURATION = gauge(
    "marax_collector_duration_seconds",
    "Run time of the collector; so far, if it has not finished.",
    collector=_COLLECTORS,
)
COLLECTOR_SUCCESS = gauge(
    "marax_collector_success",
    "1 if all of the collector's metrics are in this scrape.",
    collector=_COLLECTORS,
)
COLLECTOR_TIMED_OUT = gauge(
    "marax_collector_timed_out", "1 if the collector did not finish by the deadline.", collector=_COLLECTORS
)
COLLECTOR_ERRORS = counter(
    "marax_collector_errors_total",
    "Scrapes without some or all of this collector's metrics.",
    collector=_COLLECTORS,
)
VERDICTS = (
    COLLECTOR_DURATION,
    COLLECTOR_SUCCESS,
    COLLECTOR_TIMED_OUT,
    COLLECTOR_ERRORS,
)


class Collector(Protocol):
    """One subject of the host, read anew at each scrape.

    It never runs a program, never opens a network connection, never writes, and may raise whatever it likes
    or never return: that costs only its own families, less those that it returned before it raised. It is
    never run twice at the same time.
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
            HostReadError: Something could not be read; raised last, after all that can be said.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The host that collectors read.

    Attributes:
        root: The root of its files.
        clock: Its clock.
        usage: How busy its CPUs were lately; follows `processes.window` of the settings.
    """

    root: Path
    clock: Clock
    usage: UsageWindow

    @property
    def procfs(self) -> Path:
        """Where procfs is mounted."""
        return self.root / "proc"


class CollectorClass(Protocol):
    """A class of collectors: what they offer can be known before there is one."""

    @property
    def name(self) -> str: ...

    @property
    def families(self) -> tuple[Family, ...]: ...


class HostCollectorClass(CollectorClass, Protocol):
    """A class of collectors that need only the host, and are made in one way."""

    def of(self, host: Host, /) -> Collector:
        """Return the collector of *host*; nothing is read yet."""
        ...

"""What the host is, since when, and how much it switches and forks."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import CONSTANT, counter, gauge, info
from exporter.host.kernel_stat import KernelStat, read_kernel_stat
from exporter.host.os_release import OsRelease, read_os_release
from exporter.host.uname import read_uname
from marax.clock import Clock

BOOT_TIME = gauge("marax_boot_time_seconds", "Unix time at which the host booted.")
TIME = gauge("marax_time_seconds", "Unix time by the host's clock.")
CPUS_ONLINE = gauge("marax_cpus_online", "Number of CPUs online.")
UNAME = info(
    "marax_uname_info",
    "Labels from uname(2); always 1.",
    sysname=CONSTANT,
    release=CONSTANT,
    version=CONSTANT,
    machine=CONSTANT,
    nodename=CONSTANT,
)
OS = info(
    "marax_os_info",
    "Labels from os-release(5); always 1.",
    id=CONSTANT,
    version_id=CONSTANT,
    pretty_name=CONSTANT,
)
CONTEXT_SWITCHES = counter("marax_context_switches_total", "Context switches.")
FORKS = counter("marax_forks_total", "Processes and threads created.")


class SystemCollector:
    """Boot time, clock, names of kernel and system; reads /proc/stat and os-release once.

    The CPUs are those of /proc/stat, as are those behind every ratio: LXCFS names those of its container.
    """

    name = "system"
    families = (
        BOOT_TIME,
        TIME,
        CPUS_ONLINE,
        CONTEXT_SWITCHES,
        FORKS,
        UNAME,
        OS,
    )

    def __init__(
        self, read: Callable[[], KernelStat], read_os_release: Callable[[], OsRelease], clock: Clock
    ) -> None:
        self._read = read
        self._read_os_release = read_os_release
        self._clock = clock

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_kernel_stat, host.procfs), partial(read_os_release, host.root), host.clock)

    def collect(self) -> Iterator[Metric]:
        release, uname = self._read_os_release(), read_uname()
        yield TIME.of(self._clock.unix_seconds())
        names = (uname.sysname, uname.release, uname.version, uname.machine, uname.nodename)
        yield UNAME.by({names: 1})
        yield OS.by({(release.id, release.version_id, release.pretty_name): 1})
        stat = self._read()
        yield BOOT_TIME.of(stat.boot_time_seconds)
        yield CPUS_ONLINE.of(max(1, len(stat.cores)))
        yield CONTEXT_SWITCHES.of(stat.context_switches)
        yield FORKS.of(stat.forks)

"""What the host is, since when, and how much it switches and forks."""

import os
from collections.abc import Callable, Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.kernel_stat import KernelStat
from exporter.host.os_release import OsRelease
from marax.clock import Clock


class SystemCollector:
    """Boot time, clock, names of kernel and system; reads /proc/stat and os-release once."""

    name = "system"
    families = (
        families.BOOT_TIME,
        families.TIME,
        families.CPUS_ONLINE,
        families.CONTEXT_SWITCHES,
        families.FORKS,
        families.UNAME,
        families.OS,
    )

    def __init__(
        self, read: Callable[[], KernelStat], read_os_release: Callable[[], OsRelease], clock: Clock
    ) -> None:
        self._read = read
        self._read_os_release = read_os_release
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        stat, release, uname = self._read(), self._read_os_release(), os.uname()
        yield families.BOOT_TIME.of(stat.boot_time_seconds)
        yield families.TIME.of(self._clock.unix_seconds())
        yield families.CPUS_ONLINE.of(os.sysconf("SC_NPROCESSORS_ONLN"))
        yield families.CONTEXT_SWITCHES.of(stat.context_switches)
        yield families.FORKS.of(stat.forks)
        names = (uname.sysname, uname.release, uname.version, uname.machine, uname.nodename)
        yield families.UNAME.by({names: 1})
        yield families.OS.by({(release.id, release.version_id, release.pretty_name): 1})

"""CPU time of the host: counters by mode, and how busy it was lately."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import counter, gauge
from exporter.host.cpu_usage import UsageWindow
from exporter.host.kernel_stat import KernelStat, read_kernel_stat
from exporter.host.steady_cpu import SteadyCpu
from marax.clock import Clock

_MODES = "the kernel's eight modes"
_CORES = "one for each CPU of the host"

CPU_SECONDS = counter(
    "marax_cpu_seconds_total",
    "CPU time by mode, summed over all CPUs; guest time is part of user.",
    mode=_MODES,
)
CPU_CORE_SECONDS = counter(
    "marax_cpu_core_seconds_total", "CPU time by CPU and mode.", cpu=_CORES, mode=_MODES
)
CPU_USAGE_RATIO = gauge(
    "marax_cpu_usage_ratio",
    "Share of the host's CPU time that was neither idle, iowait nor steal over `processes.window`, 0 to 1.",
)

Read = Callable[[], KernelStat]


class CpuCollector:
    """All CPUs together; reads /proc/stat once."""

    name = "cpu"
    families = (CPU_SECONDS, CPU_USAGE_RATIO)

    def __init__(self, read: Read, clock: Clock, window: UsageWindow) -> None:
        self._read = read
        self._clock = clock
        self._window = window
        self._steady = SteadyCpu()

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_kernel_stat, host.procfs), host.clock, host.usage)

    def collect(self) -> Iterator[Metric]:
        stat, now_seconds = self._read(), self._clock.monotonic_seconds()
        times = self._steady.follow(stat.cpu, at_seconds=now_seconds, cpus=max(1, len(stat.cores)))
        yield CPU_SECONDS.by({(mode,): seconds for mode, seconds in times.by_mode().items()})
        ratio = self._window.usage_ratio(now_seconds, times)
        if ratio is not None:
            yield CPU_USAGE_RATIO.of(ratio)


class CpuPerCoreCollector:
    """Each CPU that is online; reads /proc/stat once. Eight series for each CPU: off unless switched on."""

    name = "cpu_per_core"
    families = (CPU_CORE_SECONDS,)

    def __init__(self, read: Read, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._steady: dict[str, SteadyCpu] = {}

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_kernel_stat, host.procfs), host.clock)

    def collect(self) -> Iterator[Metric]:
        cores, now_seconds = self._read().cores, self._clock.monotonic_seconds()
        self._steady = {number: self._steady.get(number) or SteadyCpu() for number in cores}
        yield CPU_CORE_SECONDS.by(
            {
                (number, mode): seconds
                for number, raw in cores.items()
                for mode, seconds in self._steady[number]
                .follow(raw, at_seconds=now_seconds, cpus=1)
                .by_mode()
                .items()
            }
        )

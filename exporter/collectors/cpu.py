"""CPU time of the host: counters by mode, and how busy it was lately."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import counter, gauge
from exporter.host.cpu_usage import UsageWindow
from exporter.host.kernel_stat import CpuTimes, KernelStat, read_kernel_stat
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
        self._last: CpuTimes | None = None

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_kernel_stat, host.procfs), host.clock, host.usage)

    def collect(self) -> Iterator[Metric]:
        self._last = times = _steady(self._read().cpu, self._last)
        yield CPU_SECONDS.by({(mode,): seconds for mode, seconds in times.by_mode().items()})
        ratio = self._window.usage_ratio(self._clock.monotonic_seconds(), times)
        if ratio is not None:
            yield CPU_USAGE_RATIO.of(ratio)


class CpuPerCoreCollector:
    """Each CPU that is online; reads /proc/stat once. Eight series for each CPU: off unless switched on."""

    name = "cpu_per_core"
    families = (CPU_CORE_SECONDS,)

    def __init__(self, read: Read) -> None:
        self._read = read
        self._last: dict[str, CpuTimes] = {}

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_kernel_stat, host.procfs))

    def collect(self) -> Iterator[Metric]:
        cores = self._read().cores
        self._last = {number: _steady(times, self._last.get(number)) for number, times in cores.items()}
        yield CPU_CORE_SECONDS.by(
            {
                (number, mode): seconds
                for number, times in self._last.items()
                for mode, seconds in times.by_mode().items()
            }
        )


def _steady(times: CpuTimes, earlier: CpuTimes | None) -> CpuTimes:
    return times.not_below(earlier) if earlier else times

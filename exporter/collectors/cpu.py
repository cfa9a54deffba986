"""CPU time of the host: counters by mode, and how busy it was lately."""

from collections.abc import Callable, Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.cpu_usage import UsageWindow
from exporter.host.kernel_stat import CpuTimes, KernelStat
from marax.clock import Clock

Read = Callable[[], KernelStat]


class CpuCollector:
    """All CPUs together; reads /proc/stat once."""

    name = "cpu"
    families = (families.CPU_SECONDS, families.CPU_USAGE_RATIO)

    def __init__(self, read: Read, clock: Clock, window: UsageWindow) -> None:
        self._read = read
        self._clock = clock
        self._window = window
        self._last: CpuTimes | None = None

    def collect(self) -> Iterator[Metric]:
        self._last = times = _steady(self._read().cpu, self._last)
        yield families.CPU_SECONDS.by({(mode,): seconds for mode, seconds in times.by_mode().items()})
        ratio = self._window.usage_ratio(self._clock.monotonic_seconds(), times)
        if ratio is not None:
            yield families.CPU_USAGE_RATIO.of(ratio)


class CpuPerCoreCollector:
    """Each CPU that is online; reads /proc/stat once. Eight series for each CPU: off unless switched on."""

    name = "cpu_per_core"
    families = (families.CPU_CORE_SECONDS,)

    def __init__(self, read: Read) -> None:
        self._read = read
        self._last: dict[str, CpuTimes] = {}

    def collect(self) -> Iterator[Metric]:
        cores = self._read().cores
        self._last = {number: _steady(times, self._last.get(number)) for number, times in cores.items()}
        yield families.CPU_CORE_SECONDS.by(
            {
                (number, mode): seconds
                for number, times in self._last.items()
                for mode, seconds in times.by_mode().items()
            }
        )


def _steady(times: CpuTimes, earlier: CpuTimes | None) -> CpuTimes:
    return times.not_below(earlier) if earlier else times

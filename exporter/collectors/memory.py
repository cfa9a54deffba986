"""Memory and swap of the host, and what the kernel counts of both."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.memory import Memory


class MemoryCollector:
    """Memory and swap; reads /proc/meminfo twice and /proc/vmstat once, through psutil."""

    name = "memory"
    families = (
        families.MEMORY_TOTAL,
        families.MEMORY_AVAILABLE,
        families.MEMORY_FREE,
        families.MEMORY_BUFFERS,
        families.MEMORY_CACHED,
        families.MEMORY_USAGE_RATIO,
        families.SWAP_TOTAL,
        families.SWAP_FREE,
    )

    def __init__(self, read: Callable[[], Memory]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        memory = self._read()
        yield families.MEMORY_TOTAL.of(memory.total_bytes)
        yield families.MEMORY_AVAILABLE.of(memory.available_bytes)
        yield families.MEMORY_FREE.of(memory.free_bytes)
        yield families.MEMORY_BUFFERS.of(memory.buffers_bytes)
        yield families.MEMORY_CACHED.of(memory.cached_bytes)
        yield families.MEMORY_USAGE_RATIO.of(memory.usage_ratio)
        yield families.SWAP_TOTAL.of(memory.swap_total_bytes)
        yield families.SWAP_FREE.of(memory.swap_free_bytes)


class VmstatCollector:
    """Four counters of the kernel, those that it has; reads /proc/vmstat once."""

    name = "vmstat"
    families = (families.SWAP_IN, families.SWAP_OUT, families.MAJOR_FAULTS, families.OOM_KILLS)

    def __init__(self, read: Callable[[], Mapping[str, int]], *, page_bytes: int) -> None:
        self._read = read
        self._rows = (
            (families.SWAP_IN, "pswpin", page_bytes),
            (families.SWAP_OUT, "pswpout", page_bytes),
            (families.MAJOR_FAULTS, "pgmajfault", 1),
            (families.OOM_KILLS, "oom_kill", 1),
        )

    def collect(self) -> Iterator[Metric]:
        counters = self._read()
        return (family.of(counters[name] * unit) for family, name, unit in self._rows if name in counters)

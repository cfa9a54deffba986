"""Memory and swap of the host."""

from collections.abc import Callable, Iterator

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

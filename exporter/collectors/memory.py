"""Memory and swap of the host, and what the kernel counts of both."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import counter, gauge
from exporter.host.memory import Memory, read_memory, read_vmstat

MEMORY_TOTAL = gauge("marax_memory_total_bytes", "Total memory usable by the kernel.")
MEMORY_AVAILABLE = gauge("marax_memory_available_bytes", "Memory available without swapping.")
MEMORY_FREE = gauge("marax_memory_free_bytes", "Unused memory.")
MEMORY_BUFFERS = gauge("marax_memory_buffers_bytes", "Memory used for block device buffers.")
MEMORY_CACHED = gauge(
    "marax_memory_cached_bytes", "Memory used for the page cache, including reclaimable slab."
)
MEMORY_USAGE_RATIO = gauge("marax_memory_usage_ratio", "Share of memory that is not available, 0 to 1.")
SWAP_TOTAL = gauge("marax_swap_total_bytes", "Total swap space; 0 without swap.")
SWAP_FREE = gauge("marax_swap_free_bytes", "Unused swap space.")

SWAP_IN = counter("marax_swap_in_bytes_total", "Bytes swapped in.")
SWAP_OUT = counter("marax_swap_out_bytes_total", "Bytes swapped out.")
MAJOR_FAULTS = counter("marax_memory_major_faults_total", "Page faults that required disk I/O.")
OOM_KILLS = counter("marax_memory_oom_kills_total", "Processes killed by the OOM killer.")


class MemoryCollector:
    """Memory and swap, as far as the kernel tells of them; reads /proc/meminfo once."""

    name = "memory"
    families = (
        MEMORY_TOTAL,
        MEMORY_AVAILABLE,
        MEMORY_FREE,
        MEMORY_BUFFERS,
        MEMORY_CACHED,
        MEMORY_USAGE_RATIO,
        SWAP_TOTAL,
        SWAP_FREE,
    )

    def __init__(self, read: Callable[[], Memory]) -> None:
        self._read = read

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_memory, host.procfs))

    def collect(self) -> Iterator[Metric]:
        memory = self._read()
        values = (
            memory.total_bytes,
            memory.available_bytes,
            memory.free_bytes,
            memory.buffers_bytes,
            memory.cached_bytes,
            memory.usage_ratio,
            memory.swap_total_bytes,
            memory.swap_free_bytes,
        )
        for family, value in zip(self.families, values, strict=True):
            if value is not None:
                yield family.of(value)


class VmstatCollector:
    """Four counters of the kernel, those that it has; reads /proc/vmstat once."""

    name = "vmstat"
    families = (SWAP_IN, SWAP_OUT, MAJOR_FAULTS, OOM_KILLS)

    def __init__(self, read: Callable[[], Mapping[str, int]], *, page_bytes: int) -> None:
        self._read = read
        self._rows = (
            (SWAP_IN, "pswpin", page_bytes),
            (SWAP_OUT, "pswpout", page_bytes),
            (MAJOR_FAULTS, "pgmajfault", 1),
            (OOM_KILLS, "oom_kill", 1),
        )

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(partial(read_vmstat, host.procfs), page_bytes=os.sysconf("SC_PAGE_SIZE"))

    def collect(self) -> Iterator[Metric]:
        counters = self._read()
        return (family.of(counters[name] * unit) for family, name, unit in self._rows if name in counters)

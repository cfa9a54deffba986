"""Memory and swap of the host, as psutil reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from exporter.host.files import HostReadError, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All of it in bytes; `cached_bytes` includes reclaimable slab, as free(1) counts it."""

    total_bytes: int
    available_bytes: int
    free_bytes: int
    buffers_bytes: int
    cached_bytes: int
    swap_total_bytes: int
    swap_free_bytes: int

    @property
    def usage_ratio(self) -> float:
        """Share of memory that is not available, 0 to 1."""
        return min(1.0, max(0.0, 1 - self.available_bytes / self.total_bytes)) if self.total_bytes else 0.0


def read_memory() -> Memory:
    """Return the host's memory now.

    Raises:
        HostReadError: psutil could not make sense of /proc/meminfo.
    """
    try:
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    except (OSError, psutil.Error, LookupError, ValueError) as error:
        raise HostReadError(f"psutil cannot read the host's memory: {error}") from error
    return Memory(
        total_bytes=memory.total,
        available_bytes=memory.available,
        free_bytes=memory.free,
        buffers_bytes=memory.buffers,
        cached_bytes=memory.cached,
        swap_total_bytes=swap.total,
        swap_free_bytes=swap.free,
    )


def read_vmstat(procfs: Path) -> Mapping[str, int]:
    """Return the counters of `vmstat` under *procfs* by name; which there are is the kernel's choice.

    Raises:
        HostReadError: It cannot be read, or is not what the kernel writes.
    """
    path = procfs / "vmstat"
    try:
        return parse_vmstat(read_text(path))
    except ValueError as error:
        raise HostReadError(f"{path}: a line that is not a name and a whole number") from error


def parse_vmstat(text: str) -> Mapping[str, int]:
    """Return what *text*, the whole of /proc/vmstat, says.

    Raises:
        ValueError: It is empty, or a line is not a name and a whole number.
    """
    if not text.strip():
        raise ValueError("empty")
    pairs = (line.split(" ") for line in text.splitlines())
    return {name: int(number) for name, number in pairs}

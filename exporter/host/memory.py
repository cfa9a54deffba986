"""Memory and swap of the host: /proc/meminfo and /proc/vmstat (proc_meminfo(5), proc_vmstat(5)).

Not by psutil, which reports what is missing there as 0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from exporter.host.files import HostReadError, read_text

_SIZE = re.compile(r"^([A-Za-z_]+): +([0-9]{1,16}) kB$", re.MULTILINE)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All of it in bytes, None where the kernel does not say.

    `cached_bytes` includes reclaimable slab, as free(1) counts it.
    """

    total_bytes: int | None
    available_bytes: int | None
    free_bytes: int | None
    buffers_bytes: int | None
    cached_bytes: int | None
    swap_total_bytes: int | None
    swap_free_bytes: int | None

    @property
    def usage_ratio(self) -> float | None:
        """Share of memory that is not available, 0 to 1."""
        if not self.total_bytes or self.available_bytes is None:
            return None
        return min(1.0, max(0.0, 1 - self.available_bytes / self.total_bytes))


def read_memory(procfs: Path) -> Memory:
    """Return the memory of the host under *procfs* now.

    Raises:
        HostReadError: `meminfo` cannot be read, or is not what the kernel writes.
    """
    path = procfs / "meminfo"
    try:
        return parse_meminfo(read_text(path))
    except ValueError as error:
        raise HostReadError(f"{path}: {error}") from error


def parse_meminfo(text: str) -> Memory:
    """Return what *text*, the whole of /proc/meminfo, says.

    Raises:
        ValueError: It says nothing of how much memory there is.
    """
    sizes = {name: int(kilobytes) * 1024 for name, kilobytes in _SIZE.findall(text)}
    if "MemTotal" not in sizes:
        raise ValueError("no size after MemTotal")
    cached_bytes = sizes.get("Cached")
    return Memory(
        total_bytes=sizes["MemTotal"],
        available_bytes=_available_bytes(sizes),
        free_bytes=sizes.get("MemFree"),
        buffers_bytes=sizes.get("Buffers"),
        cached_bytes=None if cached_bytes is None else cached_bytes + sizes.get("SReclaimable", 0),
        swap_total_bytes=sizes.get("SwapTotal"),
        swap_free_bytes=sizes.get("SwapFree"),
    )


def _available_bytes(sizes: Mapping[str, int]) -> int | None:
    """Return what is available: where that is more than all memory, it is the machine's, and free counts."""
    available_bytes = sizes.get("MemAvailable")
    if available_bytes is not None and available_bytes > sizes["MemTotal"]:
        return sizes.get("MemFree")
    return available_bytes


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

"""What a scan needs to know of the whole host beside its processes."""

import os
import re
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path
from typing import TypeVar

from exporter.host.files import HostReadError, read_text
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.load import read_load
from exporter.host.memory import read_memory
from exporter.host.snapshot import HostTotals

Reading = TypeVar("Reading")

_PIDS_LIMIT = re.compile(r"([0-9]{1,18})\n?")


def read_totals(procfs: Path) -> HostTotals:
    """Return what *procfs* says of the whole host now; a file that cannot be read costs only its values."""
    unread: dict[str, str] = {}

    def attempt(name: str, reading: Callable[[Path], Reading]) -> Reading | None:
        try:
            return reading(procfs)
        except HostReadError as error:
            unread[name] = str(error)
            return None

    kernel = attempt("busy_seconds", read_kernel_stat)
    load = attempt("tasks", read_load)
    memory = attempt("memory_bytes", read_memory)
    return HostTotals(
        cpus=(kernel and len(kernel.cores)) or _cpus(),
        busy_seconds=kernel and kernel.cpu.busy_seconds,
        tasks=load and load.tasks,
        memory_bytes=(memory and memory.total_bytes) or os.sysconf("SC_PHYS_PAGES") * PAGESIZE,
        pids_limit=attempt("pids_limit", _pids_limit),
        unread=unread,
    )


def _cpus() -> int:
    from psutil import cpu_count  # only here: its import reads /proc/stat, which hangs when LXCFS does

    return cpu_count() or 1


def _pids_limit(procfs: Path) -> int:
    path = procfs / "sys/kernel/pid_max"
    found = _PIDS_LIMIT.fullmatch(read_text(path))
    if found is None:
        raise HostReadError(f"{path}: not what the kernel writes")
    return int(found[1])

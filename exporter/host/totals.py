"""The host's own account of all its processes, to hold theirs against."""

import re
from pathlib import Path

from exporter.host.files import HostReadError, read_text
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.snapshot import HostTotals

_NUMBER = r"([0-9]{1,18})"
_TASKS = re.compile(rf"[0-9.]+ [0-9.]+ [0-9.]+ [0-9]+/{_NUMBER} ")
_MEMORY = re.compile(rf"^MemTotal: +{_NUMBER} kB$", re.MULTILINE)
_LIMIT = re.compile(_NUMBER)


def read_totals(procfs: Path) -> HostTotals:
    """Return what *procfs* says of the whole host now.

    Raises:
        HostReadError: A file is missing, as under systemd's `ProcSubset=pid`, or not what the kernel writes.
    """
    kernel = read_kernel_stat(procfs)
    return HostTotals(
        cpus=max(1, len(kernel.cores)),
        busy_seconds=kernel.cpu.busy_seconds,
        tasks=_number(procfs / "loadavg", _TASKS),
        memory_bytes=_number(procfs / "meminfo", _MEMORY) * 1024,
        pids_limit=_number(procfs / "sys/kernel/pid_max", _LIMIT),
    )


def _number(path: Path, pattern: re.Pattern[str]) -> int:
    found = pattern.search(read_text(path))
    if found is None:
        raise HostReadError(f"{path}: not what the kernel writes")
    return int(found[1])

"""/proc/stat: CPU times of the host and of each CPU, boot time, forks, context switches (proc_stat(5)).

And what a scan needs to know of the whole host beside it.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import HostReadError, read_text
from exporter.host.snapshot import HostTotals

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_IDLE = MODES.index("idle")
_NOT_BUSY = frozenset({"idle", "iowait", "steal"})
_RESTARTED_SECONDS = 3.0
_NUMBER = r"([0-9]{1,18})"
_TASKS = re.compile(rf"[0-9.]+ [0-9.]+ [0-9.]+ [0-9]+/{_NUMBER} ")
_MEMORY = re.compile(rf"^MemTotal: +{_NUMBER} kB$", re.MULTILINE)
_LIMIT = re.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """CPU time since boot, in seconds, in the order of `MODES`; guest time is part of user and nice."""

    seconds: tuple[float, ...]

    def by_mode(self) -> dict[str, float]:
        return dict(zip(MODES, self.seconds, strict=True))

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds)

    @property
    def busy_seconds(self) -> float:
        """Time that was neither idle, nor iowait, nor given to another guest of the same machine."""
        return sum(s for mode, s in zip(MODES, self.seconds, strict=True) if mode not in _NOT_BUSY)

    def not_below(self, earlier: "CpuTimes") -> "CpuTimes":
        """Return these times, none of them below *earlier*: idle and iowait are known to run backwards.

        Idle time that fell by more than 3 s means that the CPU was taken out and put back: then all modes
        start anew together.
        """
        if self.seconds[_IDLE] < earlier.seconds[_IDLE] - _RESTARTED_SECONDS:
            return self
        return CpuTimes(tuple(map(max, self.seconds, earlier.seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelStat:
    """One reading of /proc/stat; `cores` is keyed by the CPU's number."""

    cpu: CpuTimes
    cores: Mapping[str, CpuTimes]
    boot_time_seconds: int
    context_switches: int
    forks: int


def read_kernel_stat(procfs: Path) -> KernelStat:
    """Return what `stat` under *procfs* says now.

    Raises:
        HostReadError: It cannot be read, or is not what the kernel writes.
    """
    path = procfs / "stat"
    try:
        return parse_kernel_stat(read_text(path), ticks_per_second=os.sysconf("SC_CLK_TCK"))
    except ValueError as error:
        raise HostReadError(f"{path}: {error}") from error


def parse_kernel_stat(text: str, *, ticks_per_second: int) -> KernelStat:
    """Return what *text*, the whole of /proc/stat, says.

    Raises:
        ValueError: Saying what is missing or broken.
    """
    rows = {words[0]: words[1:] for line in text.splitlines() if (words := line.split())}
    cores = {name[3:]: row for name, row in rows.items() if name[:3] == "cpu" and name[3:].isdecimal()}
    return KernelStat(
        cpu=_times(rows.get("cpu", []), ticks_per_second),
        cores={number: _times(row, ticks_per_second) for number, row in cores.items()},
        boot_time_seconds=_count(rows, "btime"),
        context_switches=_count(rows, "ctxt"),
        forks=_count(rows, "processes"),
    )


def _times(row: list[str], ticks_per_second: int) -> CpuTimes:
    ticks = row[: len(MODES)]
    if len(ticks) < len(MODES) or not all(map(_is_count, ticks)):
        raise ValueError("a cpu line without eight whole numbers")
    return CpuTimes(tuple(int(tick) / ticks_per_second for tick in ticks))


def _count(rows: Mapping[str, list[str]], name: str) -> int:
    row = rows.get(name, [])
    if len(row) != 1 or not _is_count(row[0]):
        raise ValueError(f"no whole number after {name}")
    return int(row[0])


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 20  # noqa: PLR2004 - 64 bits


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

"""/proc/stat: CPU times of the host and of each CPU, boot time, forks, context switches (proc_stat(5))."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from exporter.host.files import HostReadError, read_short_lines

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_NOT_BUSY = frozenset({"idle", "iowait", "steal"})


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


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class KernelStat:
    """One reading of /proc/stat; `cores` is keyed by the CPU's number."""

    cpu: CpuTimes
    cores: Mapping[str, CpuTimes]
    boot_time_seconds: int
    context_switches: int
    forks: int


def read_kernel_stat(procfs: Path) -> KernelStat:
    """Return what `stat` under *procfs* says now; its lines of interrupts may be of any length.

    Raises:
        HostReadError: It cannot be read, or is not what the kernel writes.
    """
    path = procfs / "stat"
    try:
        return parse_kernel_stat(read_short_lines(path), ticks_per_second=os.sysconf("SC_CLK_TCK"))
    except ValueError as error:
        raise HostReadError(f"{path}: {error}") from error


def parse_kernel_stat(text: str, *, ticks_per_second: int) -> KernelStat:
    """Return what *text* says: /proc/stat, of which no line of interrupts is needed.

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

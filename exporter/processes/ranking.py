"""All processes in order: who uses the most CPU, or holds the most memory."""

import heapq
from dataclasses import dataclass
from typing import Literal

from exporter.host.snapshot import Snapshot, Window
from exporter.host.stat import Process
from exporter.processes.cpu_attribution import cpu_ratios

Order = Literal["cpu", "mem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A process and its share of the host's CPU time over the window, 0 to 1; None without a window."""

    process: Process
    cpu_ratio: float | None


def ranking(now: Snapshot, window: Window | None, *, by: Order, count: int) -> list[Ranked]:
    """Return the first *count* processes of *now*, the greediest first; by memory as long as no CPU is known.

    *window* ends with *now*.
    """
    ratios = cpu_ratios(window) if window else {}

    def greed(process: Process) -> tuple[float, float]:
        cpu_and_memory = ratios.get(process.pid, 0.0), float(process.rss_bytes)
        return cpu_and_memory if by == "cpu" else cpu_and_memory[::-1]

    return [
        Ranked(process=process, cpu_ratio=ratios.get(process.pid, 0.0) if window else None)
        for process in heapq.nlargest(count, now.processes.values(), key=greed)
    ]


def host_share(cpu_ratio: float, rss_bytes: int, memory_bytes: int | None) -> float:
    """Return how much of the host, 0 to 1, somebody has: of its CPU time or of its memory, the larger."""
    return min(1.0, max(cpu_ratio, rss_bytes / memory_bytes if memory_bytes else 0.0))

"""Who is at the top of a host: the first by CPU, the first by memory, and how much of the host each has."""

import heapq
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter

from exporter.host.snapshot import Snapshot, Window
from exporter.processes.cpu_attribution import cpu_ratios
from exporter.processes.ranking import host_share

_SHORTEST_INTERVAL_SECONDS = 1.0

_rss_bytes = attrgetter("rss_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the processes of a host stand, as of one snapshot.

    Attributes:
        now: The snapshot.
        window: The window up to it, if there is one.
        interval_seconds: How long before it the last scan was, but 1 s at least.
        ratios: The share of the host's CPU time, 0 to 1, of those that used any; empty without a window.
        leaders: The pids of the first by CPU and of the first by memory.
        followers: Those of as many that come next in both.
    """

    now: Snapshot
    window: Window | None
    interval_seconds: float
    ratios: Mapping[int, float]
    leaders: Set[int]
    followers: Set[int]

    def cpu_ratio(self, pid: int) -> float | None:
        """Return the share of the host's CPU time, 0 to 1, that a process has used; None without a window."""
        return self.ratios.get(pid, 0.0) if self.window else None

    def share(self, pid: int) -> float:
        """Return the share of the host, 0 to 1, that a process has: of CPU time or of memory, the larger.

        Of one younger than the window it is that since it started, or since the last scan if it started after
        that: a moment's work makes nobody large.
        """
        process = self.now.processes[pid]
        cpu_ratio = self.ratios.get(pid, 0.0)
        age_seconds = self.now.age_seconds(process)
        if self.window is not None and age_seconds < self.window.seconds:
            capacity_seconds = max(age_seconds, self.interval_seconds) * self.now.totals.cpus
            cpu_ratio = max(cpu_ratio, process.own_ticks / self.now.ticks_per_second / capacity_seconds)
        return host_share(cpu_ratio, process.rss_bytes, self.now.totals.memory_bytes)


def standing_of(snapshots: Sequence[Snapshot], window: Window | None, *, count: int) -> Standing:
    """Return how all stand at the newest of *snapshots*, with which *window* ends: the first *count* of each.

    Those that use the same CPU time are in the order of their memory; those that use none and hold none are
    in no order, and left out.
    """
    now, seconds = snapshots[-1], [snapshot.monotonic_seconds for snapshot in snapshots[-2:]]
    ratios = cpu_ratios(window) if window else {}
    by_cpu = _first_by_cpu(now, ratios, 2 * count)
    largest = heapq.nlargest(2 * count, now.processes.values(), key=_rss_bytes)
    by_memory = [process.pid for process in largest if process.rss_bytes]
    leaders = {*by_cpu[:count], *by_memory[:count]}
    followers = {*by_cpu, *by_memory} - leaders
    return Standing(
        now=now,
        window=window,
        interval_seconds=max(_SHORTEST_INTERVAL_SECONDS, seconds[-1] - seconds[0]),
        ratios=ratios,
        leaders=leaders,
        followers=followers,
    )


def _first_by_cpu(now: Snapshot, ratios: Mapping[int, float], count: int) -> list[int]:
    """Return the first of *ratios*; memory, which decides between equals, is only looked up where it does."""
    first = heapq.nlargest(count, ratios.values())
    candidates = [pid for pid, ratio in ratios.items() if ratio >= first[-1]]
    candidates.sort(key=lambda pid: (ratios[pid], now.processes[pid].rss_bytes), reverse=True)
    return candidates[:count]

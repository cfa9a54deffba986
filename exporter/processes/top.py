"""Which processes are shown each on their own: the ones that matter, and never too many new ones."""

import heapq
from collections.abc import Mapping, Set
from dataclasses import dataclass

from exporter.host.snapshot import Snapshot, Window, window_of
from exporter.host.stat import Process
from exporter.processes.admission import TokenBucket
from exporter.processes.cpu_attribution import cpu_ratios
from exporter.processes.ranking import cpu_significance, memory_significance

IDENTITIES_PER_HOUR = 60
_YOUNGEST_SECONDS = 10.0
_LASTING_SIGNIFICANCE = 0.5
_LEAVING_SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TopMember:
    """A process that is shown on its own.

    Attributes:
        shown: As it was when it was last taken up, which is what names it until it is taken up anew.
        process: As it is now.
        cpu_ratio: Its share of the host's CPU time over the window, 0 to 1; None without a window.
    """

    shown: Process
    process: Process
    cpu_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopProcesses:
    """What was decided at one snapshot; every reader sees the same.

    Attributes:
        members: At most twice the number asked for.
        taken_up: How many were taken up so far, one that changed its name or parent counted again.
        limited: Whether no newcomer can be taken up now.
        sampled: The snapshot.
        window: What the CPU ratios speak of; None until there are two snapshots.
    """

    members: tuple[TopMember, ...]
    taken_up: int
    limited: bool
    sampled: Snapshot
    window: Window | None


class TopSelection:
    """Chooses the top *count* by CPU and the top *count* by memory, over windows of *window_seconds*.

    To be taken up, a process must be 10 s old and significant. It stays until for three snapshots it was not
    among the first 2 x *count*, or not half as significant, or until a newcomer needs its place; the dead go
    at once. Within any hour at most 60 are taken up: the others show in their group only.
    """

    def __init__(self, *, count: int, window_seconds: float) -> None:
        self._count = count
        self._window_seconds = window_seconds
        self._bucket = TokenBucket(per_hour=IDENTITIES_PER_HOUR, burst=2 * count)
        self._members: dict[int, _Membership] = {}
        self._taken_up = 0
        self._newest: TopProcesses | None = None

    @property
    def newest(self) -> TopProcesses | None:
        """What was decided at the newest snapshot; None before the first."""
        return self._newest

    def follow(self, snapshots: tuple[Snapshot, ...]) -> None:
        """Decide anew, as of the newest of *snapshots*."""
        now = snapshots[-1]
        window = window_of(snapshots, seconds=self._window_seconds)
        ratios = cpu_ratios(window) if window else {}
        standing = _standing(now, ratios, self._count)
        self._let_go(now, standing.lasting)
        self._name_anew(now)
        for pid in standing.leaders - self._members.keys():
            self._take_up(now.processes[pid], now, standing.leaders)
        members = (self._members[pid] for pid in sorted(self._members))
        self._newest = TopProcesses(
            members=tuple(_as_of(now, member, ratios if window else None) for member in members),
            taken_up=self._taken_up,
            limited=not self._bucket.has_token(monotonic_seconds=now.monotonic_seconds),
            sampled=now,
            window=window,
        )

    def _let_go(self, now: Snapshot, lasting: Set[int]) -> None:
        for pid, member in list(self._members.items()):
            member.absent_samples = 0 if pid in lasting else member.absent_samples + 1
            is_dead = not member.shown.is_same_as(now.processes.get(pid))
            if is_dead or member.absent_samples >= _LEAVING_SAMPLES:
                del self._members[pid]

    def _name_anew(self, now: Snapshot) -> None:
        """Follow what members call themselves; a kernel worker changes its name with every job."""
        for pid, member in self._members.items():
            process, shown = now.processes[pid], member.shown
            is_changed = (process.name, process.parent_pid) != (shown.name, shown.parent_pid)
            if is_changed and not process.is_kernel_thread and self._may_take_up(now):
                member.shown = process

    def _take_up(self, process: Process, now: Snapshot, leaders: Set[int]) -> None:
        if now.age_seconds(process) < _YOUNGEST_SECONDS or not self._may_take_up(now):
            return
        if len(self._members) >= 2 * self._count:  # at least one is then no leader, as this one is
            others = self._members.keys() - leaders
            del self._members[max(others, key=lambda pid: self._members[pid].absent_samples)]
        self._members[process.pid] = _Membership(shown=process)

    def _may_take_up(self, now: Snapshot) -> bool:
        is_allowed = self._bucket.take(monotonic_seconds=now.monotonic_seconds)
        self._taken_up += is_allowed
        return is_allowed


@dataclass(slots=True, kw_only=True)
class _Membership:
    shown: Process
    absent_samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Pids: of those who may come in, and of those who may stay."""

    leaders: Set[int]
    lasting: Set[int]


def _standing(now: Snapshot, ratios: Mapping[int, float], count: int) -> _Standing:
    by_cpu = heapq.nlargest(2 * count, ratios, key=ratios.__getitem__)
    by_memory = heapq.nlargest(2 * count, now.processes, key=lambda pid: now.processes[pid].rss_bytes)
    memory_bytes = now.totals.memory_bytes
    cpu = [(pid, cpu_significance(ratios[pid])) for pid in by_cpu]
    memory = [(pid, memory_significance(now.processes[pid].rss_bytes, memory_bytes)) for pid in by_memory]
    return _Standing(
        leaders={pid for pid, significance in cpu[:count] + memory[:count] if significance >= 1},
        lasting={pid for pid, significance in cpu + memory if significance >= _LASTING_SIGNIFICANCE},
    )


def _as_of(now: Snapshot, member: _Membership, ratios: Mapping[int, float] | None) -> TopMember:
    pid = member.shown.pid
    ratio = None if ratios is None else ratios.get(pid, 0.0)
    return TopMember(shown=member.shown, process=now.processes[pid], cpu_ratio=ratio)

"""Processes in groups: a bounded number of counters that add up to what the host used."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporter.host.snapshot import Snapshot, Window
from exporter.processes.admission import Admission
from exporter.processes.cpu_attribution import Attribution, attribute
from exporter.processes.ranking import host_share

KERNEL, OTHER, UNATTRIBUTED = "(kernel)", "(other)", "(unattributed)"
_RESERVED = frozenset({KERNEL, OTHER, UNATTRIBUTED})

Naming = Callable[[Snapshot], Mapping[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTotals:
    """What each group has used so far, and what it holds now.

    Attributes:
        cpu_seconds: By group, never falling while the group is there; `(unattributed)` is among them where
            the host says what it used.
        rss_bytes: By group; `(unattributed)` has none.
        processes: By group; `(unattributed)` has none.
    """

    cpu_seconds: Mapping[str, float]
    rss_bytes: Mapping[str, int]
    processes: Mapping[str, int]


def program_names(snapshot: Snapshot) -> Mapping[int, str]:
    """Return what each process in *snapshot* calls itself, by pid."""
    return {pid: process.name for pid, process in snapshot.processes.items()}


class GroupLedger:
    """Keeps the accounts of the largest groups, at most *limit* of them; all other processes share `(other)`.

    *naming* says what makes the group of each process; kernel threads are `(kernel)` whatever it says.
    Every snapshot is booked once, against the one before. An account starts at 0, and what was booked to
    `(other)` stays there, so no counter ever jumps. It outlives its processes until its place is wanted.
    """

    def __init__(self, *, limit: int, new_per_hour: int, naming: Naming) -> None:
        self._naming = naming
        self._admission = Admission(limit=limit, new_per_hour=new_per_hour)
        self._cpu_seconds: Mapping[str, float] = {}
        self._overdrawn_seconds = 0.0
        self._last: Snapshot | None = None
        self._totals: GroupTotals | None = None

    @property
    def totals(self) -> GroupTotals | None:
        """The accounts as of the newest snapshot; None before the first."""
        return self._totals

    def follow(self, snapshots: tuple[Snapshot, ...]) -> None:
        """Book what has happened up to the newest of *snapshots*."""
        now = snapshots[-1]
        window = Window(then=self._last or now, now=now)
        attribution = attribute(window, overdrawn_seconds=self._overdrawn_seconds)
        usage = _usage(now, self._naming(now), attribution)
        self._admission.admit(_shares(usage, window), monotonic_seconds=now.monotonic_seconds)
        self._totals = self._book(usage, attribution.unattributed_seconds)
        self._overdrawn_seconds = attribution.overdrawn_seconds
        self._last = now

    def _book(self, usage: Mapping[str, "_Usage"], unattributed_seconds: float | None) -> GroupTotals:
        names = (KERNEL, OTHER, *self._admission.names)
        rss_bytes, processes = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        cpu_seconds = {name: self._cpu_seconds.get(name, 0.0) for name in (*names, UNATTRIBUTED)}
        cpu_seconds[UNATTRIBUTED] += unattributed_seconds or 0.0
        for name, used in usage.items():
            holder = name if name in rss_bytes else OTHER
            rss_bytes[holder] += used.rss_bytes
            processes[holder] += used.processes
            cpu_seconds[holder if holder in self._cpu_seconds else OTHER] += used.cpu_seconds
        self._cpu_seconds = cpu_seconds
        if unattributed_seconds is None:
            cpu_seconds = {name: seconds for name, seconds in cpu_seconds.items() if name != UNATTRIBUTED}
        return GroupTotals(cpu_seconds=cpu_seconds, rss_bytes=rss_bytes, processes=processes)


@dataclass(slots=True)
class _Usage:
    cpu_seconds: float = 0.0
    rss_bytes: int = 0
    processes: int = 0


def _usage(now: Snapshot, names: Mapping[int, str], attribution: Attribution) -> Mapping[str, _Usage]:
    usage: dict[str, _Usage] = defaultdict(_Usage)
    kernel = _Usage()
    for pid, process in now.processes.items():
        used = kernel if process.is_kernel_thread else usage[names[pid]]
        used.rss_bytes += process.rss_bytes
        used.processes += 1
    for pid, seconds in attribution.seconds_by_pid.items():
        used = kernel if now.processes[pid].is_kernel_thread else usage[names[pid]]
        used.cpu_seconds += seconds
    for posing in _RESERVED & usage.keys():  # no process can pose as a group of ours
        _add(usage, OTHER, usage.pop(posing))
    if "" in usage:
        _add(usage, "(unnamed)", usage.pop(""))
    return usage | {KERNEL: kernel}


def _add(usage: dict[str, _Usage], name: str, used: _Usage) -> None:
    total = usage[name]
    total.cpu_seconds += used.cpu_seconds
    total.rss_bytes += used.rss_bytes
    total.processes += used.processes


def _shares(usage: Mapping[str, _Usage], window: Window) -> Mapping[str, float]:
    totals = window.now.totals
    capacity_seconds = window.seconds * totals.cpus or 1.0
    return {
        name: host_share(used.cpu_seconds / capacity_seconds, used.rss_bytes, totals.memory_bytes)
        for name, used in usage.items()
        if name not in _RESERVED
    }

"""Which processes are shown each on their own: always the first, and never too many new ones."""

from collections.abc import Collection
from dataclasses import dataclass

from exporter.host.snapshot import Snapshot, Window, window_of
from exporter.host.stat import Process
from exporter.processes.budget import SETTLED_SECONDS, Budget, LastHour
from exporter.processes.standing import Standing, standing_of


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
        recent: What `TopMember.shown` was within the last hour, and may become again, beside the members.
        taken_up: How many were taken up so far, one that changed its name or parent counted again.
        limited: Whether a process that belongs among the top is kept out by the budget of new ones.
        sampled: The snapshot.
        window: What the CPU ratios speak of; None until there are two snapshots.
    """

    members: tuple[TopMember, ...]
    recent: Collection[Process]
    taken_up: int
    limited: bool
    sampled: Snapshot
    window: Window | None


class TopSelection:
    """Shows the first *count* by CPU over windows of *window_seconds*, and the first *count* by memory.

    Where some are among both, or have to wait, those that come next are shown in their places. A member stays
    until it ends, or one of the first needs its place. Within any hour at most *new_per_hour* are taken up,
    those of the first that have most of the host before all others. What comes next, a young process with
    little of the host, and one that changed its name or parent, take only what is left over. What was shown
    within the last hour is not new.
    """

    def __init__(self, *, count: int, new_per_hour: int, window_seconds: float) -> None:
        self._count = count
        self._window_seconds = window_seconds
        self._budget = Budget(per_hour=new_per_hour, places=2 * count)
        self._shown: dict[int, Process] = {}
        self._identities = LastHour[tuple[int, int, str, int], Process]()
        self._last_shown = LastHour[tuple[int, int], Process]()
        self._recent: Collection[Process] = ()
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
        standing = standing_of(snapshots, window, count=self._count)
        self._let_go(now)
        self._take_up(standing)
        if len(self._shown) < 2 * self._count:
            self._fill(standing)
        self._name_anew(standing)
        self._newest = TopProcesses(
            members=tuple(_as_of(standing, self._shown[pid]) for pid in sorted(self._shown)),
            recent=self._recent,
            taken_up=self._taken_up,
            limited=not standing.leaders <= self._shown.keys(),
            sampled=now,
            window=window,
        )

    def _let_go(self, now: Snapshot) -> None:
        for pid, shown in list(self._shown.items()):
            if not shown.is_same_as(now.processes.get(pid)):
                self._remove(pid, now.monotonic_seconds)

    def _take_up(self, standing: Standing) -> None:
        """Take up the leaders, those with most of the host first, as far as the budget goes."""
        now, seconds = standing.now, standing.now.monotonic_seconds
        newcomers = standing.leaders - self._shown.keys()
        for pid in sorted(newcomers, key=standing.share, reverse=True):
            process = now.processes[pid]
            age_seconds = now.age_seconds(process)
            if not self._return(process, seconds) and self._budget.take(
                standing.share(pid), age_seconds=age_seconds, monotonic_seconds=seconds
            ):
                self._show_anew(process)
            if len(self._shown) > 2 * self._count:  # at least one is then no leader, as this one is
                self._remove(min(self._shown.keys() - standing.leaders, key=standing.share), seconds)

    def _fill(self, standing: Standing) -> None:
        """Show in the places that are free who comes next, the largest first."""
        now, seconds = standing.now, standing.now.monotonic_seconds
        known = {shown.pid for shown in self._last_shown if shown.is_same_as(now.processes.get(shown.pid))}
        others = (known | standing.followers) - standing.leaders - self._shown.keys()
        for pid in sorted(others, key=standing.share, reverse=True):
            if len(self._shown) >= 2 * self._count:
                return
            process = now.processes[pid]
            is_settled = now.age_seconds(process) >= SETTLED_SECONDS
            if not self._return(process, seconds) and is_settled:
                self._show_anew_if_left_over(process, seconds)

    def _name_anew(self, standing: Standing) -> None:
        """Follow what members call themselves; a kernel worker changes its name with every job."""
        now, seconds = standing.now, standing.now.monotonic_seconds
        renamed = [pid for pid, shown in self._shown.items() if _is_renamed(shown, now.processes[pid])]
        for pid in sorted(renamed, key=standing.share, reverse=True):
            process, shown = now.processes[pid], self._shown[pid]
            before = self._identities.get(_identity(process), monotonic_seconds=seconds)
            if before is not None:
                self._shown[pid] = before
            else:
                self._show_anew_if_left_over(process, seconds)
            self._remember(shown, seconds)

    def _return(self, process: Process, monotonic_seconds: float) -> bool:
        """Show *process* as it was shown within the last hour, if it was."""
        before = self._last_shown.get((process.pid, process.start_ticks), monotonic_seconds=monotonic_seconds)
        if before is not None:
            self._shown[process.pid] = before
        return before is not None

    def _show_anew_if_left_over(self, process: Process, monotonic_seconds: float) -> None:
        if self._budget.take_left_over(monotonic_seconds=monotonic_seconds):
            self._show_anew(process)

    def _show_anew(self, process: Process) -> None:
        self._taken_up += 1
        self._shown[process.pid] = process

    def _remove(self, pid: int, monotonic_seconds: float) -> None:
        shown = self._shown.pop(pid)
        self._last_shown.keep((pid, shown.start_ticks), shown, monotonic_seconds=monotonic_seconds)
        self._remember(shown, monotonic_seconds)

    def _remember(self, shown: Process, monotonic_seconds: float) -> None:
        self._identities.keep(_identity(shown), shown, monotonic_seconds=monotonic_seconds)
        self._recent = tuple(self._identities)


def _identity(process: Process) -> tuple[int, int, str, int]:
    return process.pid, process.start_ticks, process.name, process.parent_pid


def _is_renamed(shown: Process, process: Process) -> bool:
    is_changed = process.name != shown.name or process.parent_pid != shown.parent_pid
    return is_changed and not process.is_kernel_thread


def _as_of(standing: Standing, shown: Process) -> TopMember:
    process = standing.now.processes[shown.pid]
    return TopMember(shown=shown, process=process, cpu_ratio=standing.cpu_ratio(shown.pid))

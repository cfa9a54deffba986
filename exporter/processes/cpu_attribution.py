"""Who used the CPU between two snapshots: every second that the host was busy, given to somebody once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.host.snapshot import Snapshot, Window
from exporter.host.stat import Process

_IMPOSSIBLE_WINDOWS = 10  # more than these could hold is a fault of the kernel
_JITTER_SECONDS = 1.0  # of counting, for each CPU: more is no jitter, and not carried over


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """CPU time, never below 0.

    Attributes:
        seconds_by_pid: What a living process used itself, and its credit for children that came and went.
        unattributed_seconds: What the host used and nobody is known for: interrupts, orphans, races. None
            where the host does not say what it used.
        overdrawn_seconds: How much more the processes used than the host owns up to. The two are counted in
            different ways; the next attribution gives away so much less, and in the long run they agree.
    """

    seconds_by_pid: Mapping[int, float]
    unattributed_seconds: float | None
    overdrawn_seconds: float


def attribute(window: Window, *, overdrawn_seconds: float = 0.0) -> Attribution:
    """Return who used the CPU in *window*, given what was *overdrawn* in the one before.

    A child's time reaches its parent's account once it is waited for. So what a parent gained there, less
    what was seen of the dead while they lived, is the unseen rest of them. These credits are scaled down to
    what the host used beyond the living's own time: a chain of dead ancestors leaves doubt about the heir.
    Where the host does not say what it used, to what its CPUs could have given.
    """
    now = window.now
    credited = {pid: ticks / now.ticks_per_second for pid, ticks in reaped_ticks(window).items()}
    by_pid = {pid: ticks / now.ticks_per_second for pid, ticks in own_ticks(window).items()}
    busy_seconds = _credible_busy_seconds(window)
    used_seconds = _capacity_seconds(window) if busy_seconds is None else busy_seconds
    residual_seconds = used_seconds - sum(by_pid.values()) - overdrawn_seconds
    credited_seconds = sum(credited.values())
    share = min(1.0, max(0.0, residual_seconds) / credited_seconds) if credited_seconds else 0.0
    for pid, seconds in credited.items():
        by_pid[pid] = by_pid.get(pid, 0.0) + seconds * share
    return Attribution(
        seconds_by_pid=by_pid,
        unattributed_seconds=None
        if busy_seconds is None
        else max(0.0, residual_seconds - credited_seconds * share),
        overdrawn_seconds=min(max(0.0, -residual_seconds), _jitter_seconds(window)),
    )


def cpu_ratios(window: Window) -> dict[int, float]:
    """Return the share of the host's CPU time, 0 to 1, of each living process that used any over *window*."""
    capacity_ticks = _capacity_ticks(window)
    spent = own_ticks(window)
    return {pid: min(1.0, ticks / capacity_ticks) for pid, ticks in spent.items()}


def host_cpu_ratio(window: Window) -> float | None:
    """Return the share of the host's CPU time, 0 to 1, that was busy over *window*; None if it is unknown."""
    busy_seconds = _host_busy_seconds(window)
    return None if busy_seconds is None else min(1.0, busy_seconds / _capacity_seconds(window))


def own_ticks(window: Window) -> dict[int, float]:
    """Return what each living process used itself in *window*, if anything: at most what all CPUs could give.

    Kernels are known to report more, once: that is the most that one such reading adds.
    """
    capacity_ticks = _capacity_ticks(window)
    return {process.pid: min(own, capacity_ticks) for process, own, _ in _gains(window) if own > 0}


def reaped_ticks(window: Window) -> dict[int, int]:
    """Return what each living process came to answer for in *window* as its children ended, if anything.

    What was seen of the dead before is not part of it.
    """
    then, now = window.then, window.now
    gained = {process.pid: reaped for process, _, reaped in _gains(window) if reaped > 0}
    if gained:
        for dead in then.processes.values():
            if not dead.is_same_as(now.processes.get(dead.pid)):
                heir = _nearest_living_ancestor(dead, then, now)
                if heir in gained:
                    gained[heir] -= dead.own_ticks + dead.reaped_ticks
    return {pid: ticks for pid, ticks in gained.items() if ticks > 0}


def _capacity_seconds(window: Window) -> float:
    return window.seconds * window.now.totals.cpus


def _capacity_ticks(window: Window) -> float:
    return _capacity_seconds(window) * window.now.ticks_per_second


def _host_busy_seconds(window: Window) -> float | None:
    """Return what the host used in *window*; None if it does not say."""
    then, now = window.then.totals.busy_seconds, window.now.totals.busy_seconds
    return None if then is None or now is None else max(0.0, now - then)


def _credible_busy_seconds(window: Window) -> float | None:
    """Return what the host used in *window*; None if it does not say, or what cannot be."""
    busy_seconds = _host_busy_seconds(window)
    most_seconds = _IMPOSSIBLE_WINDOWS * _capacity_seconds(window) + _jitter_seconds(window)
    return None if busy_seconds is None or busy_seconds > most_seconds else busy_seconds


def _jitter_seconds(window: Window) -> float:
    """Return for how many seconds the accounts of *window* may be at odds."""
    return window.now.totals.cpus * _JITTER_SECONDS


def _gains(window: Window) -> Iterator[tuple[Process, int, int]]:
    """Yield each living process that has changed, what it gained itself, and what for its children.

    One that started since counts whole; one that merely came into sight does not count yet.
    """
    then, now = window.then, window.now
    then_ticks = int(then.boot_seconds * then.ticks_per_second)
    for pid, process in now.processes.items():
        before = then.processes.get(pid)
        if before is process:
            continue
        if before is not None and before.is_same_as(process):
            yield process, process.own_ticks - before.own_ticks, process.reaped_ticks - before.reaped_ticks
        elif process.start_ticks >= then_ticks:
            yield process, process.own_ticks, process.reaped_ticks


def _nearest_living_ancestor(dead: Process, then: Snapshot, now: Snapshot) -> int | None:
    passed = {dead.pid}
    ancestor = then.processes.get(dead.parent_pid)
    while ancestor is not None and ancestor.pid not in passed:
        if ancestor.is_same_as(now.processes.get(ancestor.pid)):
            return ancestor.pid
        passed.add(ancestor.pid)
        ancestor = then.processes.get(ancestor.parent_pid)
    return None

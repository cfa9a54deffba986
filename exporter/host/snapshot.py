"""All processes at one moment, and the window between two such moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exporter.host.stat import Process

_MOST_IN_A_WINDOW = 32
_SHORTEST_WINDOW_SECONDS = 0.5  # the kernel counts in ticks of 10 ms: in much less, the ratios are noise


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTotals:
    """What the host says of all its processes together; None for what cannot be read.

    Attributes:
        cpus: How many CPUs are online, at least 1.
        busy_seconds: CPU time since boot that was neither idle nor waited away nor stolen.
        tasks: All threads of the host, visible to us or not.
        memory_bytes: All memory that the kernel can use.
        pids_limit: The largest process number that the kernel gives.
        unread: Why a file could not be read, by the attribute that wants it. The number of CPUs and the
            memory are those that the C library knows of, then.
    """

    cpus: int
    busy_seconds: float | None
    tasks: int | None
    memory_bytes: int
    pids_limit: int | None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One scan of all processes.

    Attributes:
        processes: By pid. A process of which nothing has changed since an earlier scan is the same object.
        refused: Listed processes that we may not read (hidepid).
        malformed: Listed processes of which no sense could be made.
        totals: The host's own account, read right after the processes.
        ticks_per_second: The unit of the processes' ticks.
        boot_seconds: When the scan began, on the clock of `Process.start_ticks`.
        monotonic_seconds: When the scan ended, on the monotonic clock.
        unix_seconds: The same on the wall clock.
        cost_seconds: CPU time that the scan took.
    """

    processes: Mapping[int, Process]
    refused: int
    malformed: int
    totals: HostTotals
    ticks_per_second: int
    boot_seconds: float
    monotonic_seconds: float
    unix_seconds: float
    cost_seconds: float

    def age_seconds(self, process: Process) -> float:
        """Return how long *process* had been running when the scan began."""
        return self.boot_seconds - process.start_ticks / self.ticks_per_second


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Two moments, *then* before *now*."""

    then: Snapshot
    now: Snapshot

    @property
    def seconds(self) -> float:
        return self.now.monotonic_seconds - self.then.monotonic_seconds


def window_of(snapshots: Sequence[Snapshot], *, seconds: float) -> Window | None:
    """Return the window from the newest of *snapshots* to the one nearest to *seconds* before it.

    None until there are two that are half a second apart. *snapshots* run from the oldest to the newest.
    """
    if not snapshots:
        return None
    now = snapshots[-1]
    windows = [Window(then=then, now=now) for then in snapshots]
    long_enough = [window for window in windows if window.seconds >= _SHORTEST_WINDOW_SECONDS]
    return min(long_enough, key=lambda window: abs(window.seconds - seconds), default=None)


def with_newest(
    snapshots: Sequence[Snapshot], newest: Snapshot, *, window_seconds: float
) -> tuple[Snapshot, ...]:
    """Return *snapshots* and *newest*, without those that no window of up to *window_seconds* needs.

    However often the host is scanned, a window's worth of snapshots is about 32, and one that is older.
    """
    kept = list(snapshots)
    spacing_seconds = window_seconds / _MOST_IN_A_WINDOW
    if len(kept) > 1 and kept[-1].monotonic_seconds - kept[-2].monotonic_seconds < spacing_seconds:
        kept.pop()
    kept.append(newest)
    oldest_seconds = newest.monotonic_seconds - window_seconds
    while len(kept) > 2 and kept[1].monotonic_seconds <= oldest_seconds:  # noqa: PLR2004 - then and now
        del kept[0]
    return tuple(kept)

"""Processes, snapshots and stat lines made up for tests."""

from collections.abc import Iterable
from mmap import PAGESIZE
from typing import Any

import msgspec

from exporter.host.snapshot import HostTotals, Snapshot, Window
from exporter.host.stat import Process

TICKS_PER_SECOND = 100
MEMORY_BYTES = 8 * 1024**3

_PROCESS = Process(
    pid=100,
    start_ticks=0,
    name="worker",
    state="S",
    parent_pid=1,
    is_kernel_thread=False,
    own_ticks=0,
    reaped_ticks=0,
    threads=1,
    rss_bytes=PAGESIZE,
)


def a_process(pid: int = 100, **changes: Any) -> Process:
    """Return a process that started with the host and has used nothing."""
    return msgspec.structs.replace(_PROCESS, pid=pid, **changes)


def a_snapshot(
    processes: Iterable[Process] = (), *, at: float = 1000.0, busy: float = 0.0, **changes: Any
) -> Snapshot:
    """Return a snapshot *at* so many seconds after boot, on a host of 2 CPUs *busy* for so many seconds."""
    totals = HostTotals(cpus=2, busy_seconds=busy, tasks=400, memory_bytes=MEMORY_BYTES, pids_limit=32768)
    fields: dict[str, Any] = {
        "processes": {process.pid: process for process in processes},
        "refused": 0,
        "malformed": 0,
        "totals": totals,
        "ticks_per_second": TICKS_PER_SECOND,
        "boot_seconds": at,
        "monotonic_seconds": at,
        "unix_seconds": 1_700_000_000 + at,
        "cost_seconds": 0.0,
    }
    return Snapshot(**(fields | changes))


def a_window(
    then: Iterable[Process], now: Iterable[Process], *, seconds: float = 10.0, busy: float
) -> Window:
    """Return a window of so many seconds in which the host was *busy* for so many."""
    return Window(then=a_snapshot(then), now=a_snapshot(now, at=1000.0 + seconds, busy=busy))


def a_stat_line(
    pid: int = 100,
    comm: bytes = b"worker",
    *,
    state: str = "S",
    flags: int = 0x400000,
    start_ticks: int = 5000,
) -> bytes:
    """Return the line of a process with 7+3 ticks of its own, 20+1 reaped, 4 threads and 25 pages."""
    rest = f"{state} 1 100 100 0 -1 {flags} 11 12 13 14 7 3 20 1 20 0 4 0 {start_ticks} 1048576 25 184467440"
    return b"%d (%s) %s 1 2 3 0\n" % (pid, comm, rest.encode())

"""Processes by state, how many of them are visible, and the limits on their series."""

from collections import Counter
from collections.abc import Iterator
from types import MappingProxyType

from prometheus_client.metrics_core import Metric

from exporter.collectors.family import gauge
from exporter.host.files import HostReadError
from exporter.host.snapshot import HostTotals, Snapshot
from exporter.host.table import ProcessTable
from exporter.processes.limits import SeriesLimits

PROCESSES = gauge("marax_processes", "Processes by state.", state="eight, always all of them")
THREADS = gauge("marax_threads", "Threads of all visible processes.")
PIDS_LIMIT = gauge("marax_pids_limit", "Maximum number of processes and threads.")
PROCESS_VISIBILITY_RATIO = gauge(
    "marax_process_visibility_ratio",
    "Share of the host's threads that are visible; well below 1 when /proc hides processes.",
)
PROCESSES_UNREADABLE = gauge("marax_processes_unreadable", "Listed processes that could not be read.")
PROCESS_SERIES_LIMIT = gauge(
    "marax_process_series_limit", "Maximum number of series by group and top process at any time."
)
PROCESS_NEW_SERIES_LIMIT = gauge(
    "marax_process_new_series_limit",
    "Maximum number of new series by group and top process within any hour.",
)
SAMPLE_TIMESTAMP = gauge("marax_sample_timestamp_seconds", "Unix time of the last process scan.")
SAMPLER_INTERVAL = gauge(
    "marax_sampler_interval_seconds",
    "Current sampling interval; longer when scans are expensive.",
)

_OTHER = "other"
_STATES = MappingProxyType(  # proc_pid_stat(5)
    {
        "R": "running",
        "S": "sleeping",
        "D": "uninterruptible",
        "I": "idle",
        "T": "stopped",
        "t": "stopped",
        "Z": "zombie",
        "X": "dead",
        "x": "dead",
    }
)


class ProcessesCollector:
    """All processes together; reads nothing as long as the process table keeps itself fresh."""

    name = "processes"
    families = (
        PROCESSES,
        THREADS,
        PIDS_LIMIT,
        PROCESS_VISIBILITY_RATIO,
        PROCESSES_UNREADABLE,
        PROCESS_SERIES_LIMIT,
        PROCESS_NEW_SERIES_LIMIT,
        SAMPLE_TIMESTAMP,
        SAMPLER_INTERVAL,
    )

    def __init__(self, table: ProcessTable, limits: SeriesLimits) -> None:
        self._table = table
        self._limits = limits

    def collect(self) -> Iterator[Metric]:
        yield PROCESS_SERIES_LIMIT.of(self._limits.at_once)
        yield PROCESS_NEW_SERIES_LIMIT.of(self._limits.new_per_hour)
        self._table.keep_up()
        for now in self._table.snapshots[-1:]:
            threads = sum(process.threads for process in now.processes.values())
            yield PROCESSES.by({(state,): count for state, count in _by_state(now).items()})
            yield THREADS.of(threads)
            yield PROCESSES_UNREADABLE.of(now.refused + now.malformed)
            yield SAMPLE_TIMESTAMP.of(now.unix_seconds)
            yield SAMPLER_INTERVAL.of(self._table.interval_seconds)
            yield from _of_host(now.totals, threads)


def _of_host(totals: HostTotals, threads: int) -> Iterator[Metric]:
    if totals.pids_limit is not None:
        yield PIDS_LIMIT.of(totals.pids_limit)
    if totals.tasks:
        yield PROCESS_VISIBILITY_RATIO.of(min(1.0, threads / totals.tasks))
    if missing := [totals.unread[name] for name in ("tasks", "pids_limit") if name in totals.unread]:
        raise HostReadError(*missing)


def _by_state(now: Snapshot) -> dict[str, int]:
    counts = dict.fromkeys([*_STATES.values(), _OTHER], 0)
    for letter, count in Counter(process.state for process in now.processes.values()).items():
        counts[_STATES.get(letter, _OTHER)] += count
    return counts

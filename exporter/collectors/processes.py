"""How many processes there are, in which states, how much of them we can see, and how much we may tell."""

from collections import Counter
from collections.abc import Iterator
from types import MappingProxyType

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.snapshot import Snapshot
from exporter.host.table import ProcessTable
from exporter.processes.limits import SeriesLimits

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
        families.PROCESSES,
        families.THREADS,
        families.PIDS_LIMIT,
        families.PROCESS_VISIBILITY_RATIO,
        families.PROCESSES_UNREADABLE,
        families.PROCESS_SERIES_LIMIT,
        families.PROCESS_NEW_SERIES_LIMIT,
        families.SAMPLE_TIMESTAMP,
        families.SAMPLER_INTERVAL,
    )

    def __init__(self, table: ProcessTable, limits: SeriesLimits) -> None:
        self._table = table
        self._limits = limits

    def collect(self) -> Iterator[Metric]:
        yield families.PROCESS_SERIES_LIMIT.of(self._limits.at_once)
        yield families.PROCESS_NEW_SERIES_LIMIT.of(self._limits.new_per_hour)
        self._table.keep_up()
        for now in self._table.snapshots[-1:]:
            threads = sum(process.threads for process in now.processes.values())
            yield families.PROCESSES.by({(state,): count for state, count in _by_state(now).items()})
            yield families.THREADS.of(threads)
            yield families.PIDS_LIMIT.of(now.totals.pids_limit)
            if now.totals.tasks:
                yield families.PROCESS_VISIBILITY_RATIO.of(min(1.0, threads / now.totals.tasks))
            yield families.PROCESSES_UNREADABLE.of(now.refused + now.malformed)
            yield families.SAMPLE_TIMESTAMP.of(now.unix_seconds)
            yield families.SAMPLER_INTERVAL.of(self._table.interval_seconds)


def _by_state(now: Snapshot) -> dict[str, int]:
    counts = dict.fromkeys([*_STATES.values(), _OTHER], 0)
    for letter, count in Counter(process.state for process in now.processes.values()).items():
        counts[_STATES.get(letter, _OTHER)] += count
    return counts

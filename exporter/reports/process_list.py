"""The processes of the host in order, as `/processlist` returns them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from exporter.host.process_details import Details, DetailsReader
from exporter.host.snapshot import Snapshot
from exporter.host.table import ProcessTable
from exporter.processes.ranking import Order, Ranked, ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which processes to list.

    Attributes:
        by: What makes the order.
        count: At most so many.
        user: Only those of the user so named; all if empty.
        name: Only those whose name contains it.
    """

    by: Order = "cpu"
    count: int = 10
    user: str = ""
    name: str = ""


class ListedProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process; user, unit and cmdline are empty if they could not be read or there is none.

    The CPU ratio is its share of the whole host, 0 to 1; None before the second reading.
    """

    pid: int
    ppid: int
    name: str
    user: str
    unit: str
    cmdline: str
    state: str
    threads: int
    age_seconds: float
    cpu_usage_ratio: float | None
    memory_rss_bytes: int


class ProcessList(msgspec.Struct, frozen=True, kw_only=True):
    """The processes that were wanted, the greediest first; `process_count` is how many the host has."""

    time_seconds: float
    sample_window_seconds: float | None
    sorted_by: Order
    process_count: int
    processes: list[ListedProcess]


class ProcessLister:
    """Lists what the process table knows; reads the details of the processes that it lists.

    Looking for those of one user reads the details of all.
    """

    def __init__(self, table: ProcessTable, details: DetailsReader, *, window_seconds: float) -> None:
        self._table = table
        self._details = details
        self._window_seconds = window_seconds

    def processes(self, wanted: Wanted) -> ProcessList:
        """Return the processes that are *wanted*.

        Raises:
            HostReadError: The host's processes cannot be read.
        """
        now, window = self._table.current(window_seconds=self._window_seconds)
        is_filtered = wanted.user or wanted.name
        ranked = ranking(now, window, by=wanted.by, count=len(now.processes) if is_filtered else wanted.count)
        return ProcessList(
            time_seconds=now.unix_seconds,
            sample_window_seconds=window.seconds if window else None,
            sorted_by=wanted.by,
            process_count=len(now.processes),
            processes=[*islice(self._matching(ranked, wanted, now), wanted.count)],
        )

    def _matching(self, ranked: list[Ranked], wanted: Wanted, now: Snapshot) -> Iterator[ListedProcess]:
        for one in ranked:
            if wanted.name in one.process.name:
                details = self._details.read(one.process)
                known = details if isinstance(details, Details) else _UNKNOWN
                if wanted.user in ("", known.user):
                    yield _listed(one, known, now)


_UNKNOWN = Details(user="", unit="", command_line="")


def _listed(ranked: Ranked, details: Details, now: Snapshot) -> ListedProcess:
    process = ranked.process
    return ListedProcess(
        pid=process.pid,
        ppid=process.parent_pid,
        name=process.name,
        user=details.user,
        unit=details.unit,
        cmdline=details.command_line,
        state=process.state,
        threads=process.threads,
        age_seconds=max(0.0, now.age_seconds(process)),
        cpu_usage_ratio=ranked.cpu_ratio,
        memory_rss_bytes=process.rss_bytes,
    )

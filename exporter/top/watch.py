"""Watching the host through the same process table that `/metrics` stands on."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from exporter.host.files import HostReadError
from exporter.host.memory import Memory
from exporter.host.process_details import Details, DetailsReader
from exporter.host.table import ProcessTable
from exporter.processes.cpu_attribution import host_cpu_ratio
from exporter.processes.ranking import Order, Ranked, ranking
from exporter.top.view import Row, View
from marax.commandline import CannotReachError


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Views of the host. Its CPU and that of its processes speak of the same window, so they add up."""

    table: ProcessTable
    details: DetailsReader
    read_memory: Callable[[], Memory]
    window_seconds: float

    def refresh(self) -> None:
        """Read all processes anew.

        Raises:
            CannotReachError: They cannot be read.
        """
        try:
            self.table.refresh(max_age_seconds=0)
        except HostReadError as error:
            raise CannotReachError(f"{error}; `marax-exporter doctor` may explain it") from error

    def view(self, *, by: Order, count: int) -> View:
        """Return what the last refresh found; there must have been one.

        Raises:
            CannotReachError: The host's memory cannot be read.
        """
        now = self.table.snapshots[-1]
        window = self.table.window(seconds=self.window_seconds)
        try:
            memory = self.read_memory()
        except HostReadError as error:
            raise CannotReachError(str(error)) from error
        load1, load5, load15 = os.getloadavg()
        return View(
            hostname=os.uname().nodename,
            time_seconds=now.unix_seconds,
            cpus_online=now.totals.cpus,
            cpu_usage_ratio=host_cpu_ratio(window) if window else None,
            memory_total_bytes=memory.total_bytes,
            memory_available_bytes=memory.available_bytes,
            load1=load1,
            load5=load5,
            load15=load15,
            process_count=len(now.processes),
            sample_window_seconds=window.seconds if window else None,
            sorted_by=by,
            processes=tuple(self._row(ranked) for ranked in ranking(now, window, by=by, count=count)),
        )

    def _row(self, ranked: Ranked) -> Row:
        process = ranked.process
        found = self.details.read(process)
        return Row(
            pid=process.pid,
            user=found.user if isinstance(found, Details) else "",
            cpu_usage_ratio=ranked.cpu_ratio,
            memory_rss_bytes=process.rss_bytes,
            name=process.name,
            unit=found.unit if isinstance(found, Details) else "",
        )

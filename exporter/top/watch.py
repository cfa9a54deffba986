"""Watching the host through the same process table that `/metrics` stands on."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exporter.host.files import Attempts, HostReadError
from exporter.host.load import read_load
from exporter.host.memory import read_memory
from exporter.host.process_details import Details, DetailsReader
from exporter.host.table import ProcessTable
from exporter.host.uname import read_uname
from exporter.processes.cpu_attribution import host_cpu_ratio
from exporter.processes.ranking import Order, Ranked, ranking
from exporter.top.view import Row, View
from marax.commandline import CannotReachError


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Views of the host. Its CPU and that of its processes speak of the same window, so they add up."""

    table: ProcessTable
    details: DetailsReader
    procfs: Path
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
        """Return what the last refresh found, without what cannot be read; there must have been one."""
        now = self.table.snapshots[-1]
        window = self.table.window(seconds=self.window_seconds)
        attempts = Attempts()
        memory = attempts.read(partial(read_memory, self.procfs))
        load = attempts.read(partial(read_load, self.procfs))
        return View(
            hostname=read_uname().nodename,
            time_seconds=now.unix_seconds,
            cpus_online=now.totals.cpus,
            cpu_usage_ratio=host_cpu_ratio(window) if window else None,
            memory_total_bytes=memory and memory.total_bytes,
            memory_available_bytes=memory and memory.available_bytes,
            load1=load and load.load1,
            load5=load and load.load5,
            load15=load and load.load15,
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

"""The process table with its followers, and the collectors that publish what they know."""

from exporter.collectors.collector import Collector
from exporter.collectors.groups import GroupsCollector
from exporter.collectors.processes import ProcessesCollector
from exporter.collectors.top import TopCollector
from exporter.host.files import PROCFS
from exporter.host.process_details import DetailsReader
from exporter.host.scan import ProcessScanner
from exporter.host.stat_files import spare_descriptors
from exporter.host.table import Pace, ProcessTable
from exporter.host.unit import UnitNames
from exporter.host.user_names import UserNames
from exporter.processes.groups import GroupLedger, program_names
from exporter.processes.limits import series_limits
from exporter.processes.settings import ProcessSettings
from exporter.processes.top import TopSelection
from exporter.reports.process_list import ProcessLister
from exporter.reports.stats import StatsReader
from marax.clock import Clock


class ProcessEngine:
    """The process table, its followers, and the collectors that publish what they know."""

    def __init__(self, settings: ProcessSettings, clock: Clock, users: UserNames) -> None:
        self.settings = settings
        self._scanner = ProcessScanner(PROCFS, clock, held_descriptors=spare_descriptors())
        naming = UnitNames(PROCFS) if settings.group_by == "unit" else program_names
        new_per_hour = settings.new_per_hour
        ledger = GroupLedger(limit=settings.groups, new_per_hour=new_per_hour, naming=naming)
        selection = TopSelection(
            count=settings.top, new_per_hour=new_per_hour, window_seconds=settings.window_seconds
        )
        details = DetailsReader(PROCFS, users, show_command_line=settings.show_cmdline)
        pace = Pace(window_seconds=settings.window_seconds, interval_seconds=settings.interval_seconds)
        self._table = ProcessTable(
            self._scanner.scan, clock, pace, followers=(ledger.follow, selection.follow)
        )
        self.lister = ProcessLister(self._table, details, window_seconds=settings.window_seconds)
        self.stats = StatsReader(
            self._table,
            window_seconds=settings.window_seconds,
            procfs=PROCFS,
            clock=clock,
        )
        self.collectors: tuple[Collector, ...] = (
            ProcessesCollector(self._table, series_limits(settings)),
            GroupsCollector(self._table, ledger),
            TopCollector(self._table, selection, details),
        )

    def start(self) -> None:
        """Begin to scan."""
        self._table.start()

    def stop(self) -> None:
        """End the scanning, and give back what it holds."""
        self._table.stop()
        self._scanner.close()

"""Builds the real parts and puts them together; only this module and those named after it do."""

import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

from exporter.access.passwords import PasswordChecks, verify
from exporter.access.service import AuthService
from exporter.collectors.collector import Collector, Host
from exporter.collectors.itself import AccessCollector, CommandsCollector, ExporterCollector
from exporter.collectors.registry import HOST_COLLECTORS
from exporter.commands.audit import Audit, FileAudit, LogAudit
from exporter.commands.catalogue import Catalogue
from exporter.commands.counts import RunCounts
from exporter.commands.runner import Runner
from exporter.commands.service import CommandService
from exporter.commands.settings import MOST_AT_ONCE
from exporter.config import ExporterSettings
from exporter.host.cpu_usage import UsageWindow
from exporter.host.files import PROCFS, ROOT, HostReadError
from exporter.host.own_process import OwnProcessReader
from exporter.reload import Reloader
from exporter.reports.process_list import ProcessList, Wanted
from exporter.reports.stats import Stats
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.exposition import as_text
from exporter.scrape.scraper import EVERYTHING, Scraper
from exporter.web.request_counts import RequestCounts
from exporter.wiring.process_engine import ProcessEngine
from marax.clock import Clock, SystemClock
from marax.commandline import CannotReachError

_BETWEEN_READINGS_SECONDS = 1.25  # the process table scans a second time after 1 s
_OWN_SCRAPE_SECONDS = 4.5


class Exporter:
    """The parts of one exporter, whatever it is for: serving, or printing what it would serve.

    It reads nothing before `take_up`.
    """

    def __init__(
        self, settings: ExporterSettings, *, read: Callable[[], ExporterSettings], clock: Clock
    ) -> None:
        self._clock = clock
        self._engine: ProcessEngine | None = None
        self.requests = RequestCounts()
        self.reloader = Reloader(settings, read=read, take_up=self.take_up, clock=clock)
        self.scraper = Scraper((), CollectorRunner(clock))
        itself = ExporterCollector(
            version=version("marax"),
            last_reload=self.reloader.last,
            requests=self.requests.totals,
            read_itself=OwnProcessReader(PROCFS).read,
        )
        self._usage = UsageWindow()
        self.auth = AuthService(settings.state_dir, checks=partial(PasswordChecks, verify), clock=clock)
        self.runner, runs = Runner(most_at_once=MOST_AT_ONCE), RunCounts()
        self.command_service = CommandService(self.runner, runs, Catalogue(()), LogAudit())
        host = Host(root=ROOT, clock=clock, usage=self._usage)
        self._host = (
            *(collector.of(host) for collector in HOST_COLLECTORS),
            AccessCollector(self.auth),
            CommandsCollector(runs, self.runner.running),
            itself,
        )
        self.collectors: list[Collector] = []

    def take_up(self, settings: ExporterSettings) -> None:
        """Run the collectors that *settings* ask for; those that go on keep what they know."""
        self.command_service.use(
            Catalogue(settings.commands, has_shell=settings.shell), self._audit(settings)
        )
        self._usage.length_seconds = settings.processes.window_seconds
        is_needed = settings.collectors.needs_processes or settings.users
        wanted = settings.processes if is_needed else None
        before = self._engine
        if before is None or before.settings != wanted:
            self._engine = ProcessEngine(wanted, self._clock) if wanted else None
            if self._engine:
                self._engine.start()
        own = self._engine.collectors if self._engine else ()
        self.collectors = [c for c in (*self._host, *own) if settings.collectors.is_on(c.name)]
        self.scraper.use(self.collectors)
        if before is not None and before is not self._engine:
            before.stop()

    def stats(self) -> Stats:
        """Return the state of the host.

        Raises:
            HostReadError: It cannot be read, or the settings have no need of it.
        """
        return self._running_engine().stats.read()

    def processes(self, wanted: Wanted) -> ProcessList:
        """Return the processes that are *wanted*.

        Raises:
            HostReadError: They cannot be read, or the settings have no need of them.
        """
        return self._running_engine().lister.processes(wanted)

    def _running_engine(self) -> ProcessEngine:
        if self._engine is None:
            raise HostReadError("all that reads processes is disabled in the settings")
        return self._engine

    def _audit(self, settings: ExporterSettings) -> Audit:
        return FileAudit(settings.audit_log, self._clock) if settings.audit_log else LogAudit()

    def read_host(self) -> bytes:
        """Return the text of a scrape of everything."""
        return as_text(self.scraper.scrape(EVERYTHING, within_seconds=_OWN_SCRAPE_SECONDS))


def exposition(settings: ExporterSettings) -> bytes:
    """Return what a second scrape, a second after the first, would get.

    Raises:
        CannotReachError: This is not a Linux with /proc.
    """
    need_procfs()
    exporter = Exporter(settings, read=lambda: settings, clock=SystemClock())
    exporter.take_up(settings)
    exporter.read_host()
    time.sleep(_BETWEEN_READINGS_SECONDS)
    return exporter.read_host()


def need_procfs() -> None:
    """Refuse to go on where there is nothing to read.

    Raises:
        CannotReachError: This is not a Linux with /proc.
    """
    if not (PROCFS / "self/stat").exists():
        raise CannotReachError("marax-exporter needs Linux with /proc mounted, and there is no /proc here")

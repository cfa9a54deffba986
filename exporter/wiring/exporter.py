"""Builds the real parts and puts them together; only this module and those named after it do."""

import logging
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
from exporter.host.files import PROCFS, ROOT, HostReadError, is_there
from exporter.host.own_process import OwnProcessReader
from exporter.host.user_names import UserNames
from exporter.reports.process_list import ProcessList, Wanted
from exporter.reports.stats import Stats
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.exposition import as_text
from exporter.scrape.scraper import EVERYTHING, Scraper
from exporter.web.request_counts import RequestCounts
from exporter.wiring.process_engine import ProcessEngine
from marax.clock import SystemClock
from marax.commandline import CannotReachError
from marax.settings.reload import Reloader

logger = logging.getLogger(__name__)

_FIXED_AT_START = ("listen", "web_config_file", "state_dir")
_BETWEEN_READINGS_SECONDS = 1.25  # the process table scans a second time after 1 s
_OWN_SCRAPE_SECONDS = 4.5


class Exporter:
    """The parts of one exporter, whatever it is for: serving, or printing what it would serve.

    It reads nothing before `use`.
    """

    def __init__(
        self, settings: ExporterSettings, *, read: Callable[[], ExporterSettings], clock: SystemClock
    ) -> None:
        self._clock = clock
        self._engine: ProcessEngine | None = None
        self._users = UserNames(clock)
        self.requests = RequestCounts()
        self._at_start = settings
        self.reloader = Reloader(load=read, use=self._change_to, clock=clock)
        self.scraper = Scraper((), CollectorRunner(clock))
        itself = ExporterCollector(
            version=version("marax"),
            last_reload=self.reloader.last,
            requests=self.requests.totals,
            read_itself=OwnProcessReader(PROCFS, clock).read,
        )
        self._usage = UsageWindow()
        self.auth = AuthService(settings.state_dir, checks=partial(PasswordChecks, verify), clock=clock)
        self.runner, runs = Runner(most_at_once=MOST_AT_ONCE), RunCounts()
        self.command_service = CommandService(self.runner, runs, Catalogue(()), LogAudit())
        host = Host(root=ROOT, clock=clock, usage=self._usage)
        self._of_host = tuple(collector.of(host) for collector in HOST_COLLECTORS)
        self._own = (AccessCollector(self.auth), CommandsCollector(runs, self.runner.running), itself)
        self.collectors: list[Collector] = []

    def use(self, settings: ExporterSettings) -> None:
        """Run the collectors that *settings* ask for; those that go on keep what they know."""
        self.command_service.use(
            Catalogue(settings.commands, has_shell=settings.shell), self._audit(settings)
        )
        self._usage.length_seconds = settings.processes.window_seconds
        before, self._engine = self._engine, self._engine_for(settings)
        of_processes = self._engine.collectors if self._engine else ()
        known = (*self._of_host, *self._own, *of_processes)
        self.collectors = [one for one in known if settings.collectors.is_on(one.name)]
        self.scraper.use(self.collectors)
        if before is not None and before is not self._engine:
            before.stop()

    def _engine_for(self, settings: ExporterSettings) -> ProcessEngine | None:
        """Return the engine that *settings* need: the running one if it fits, else a new one, started."""
        if not settings.collectors.needs_processes and not settings.users:
            return None
        if self._engine is not None and self._engine.settings == settings.processes:
            return self._engine
        engine = ProcessEngine(settings.processes, self._clock, self._users)
        engine.start()
        return engine

    def _change_to(self, settings: ExporterSettings) -> None:
        self.use(settings)
        for key in _FIXED_AT_START:
            if getattr(settings, key) != getattr(self._at_start, key):
                logger.warning("setting changed, restart required", extra={"key": key})

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
    exporter.use(settings)
    exporter.read_host()
    time.sleep(_BETWEEN_READINGS_SECONDS)
    return exporter.read_host()


def need_procfs() -> None:
    """Refuse to go on where there is nothing to read.

    Raises:
        CannotReachError: This is not a Linux with /proc.
    """
    if not is_there(PROCFS / "self/stat"):
        raise CannotReachError("marax-exporter needs Linux with /proc mounted, and there is no /proc here")

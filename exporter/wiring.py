"""Builds the real parts and puts them together; the only module that does."""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from exporter.collectors.cgroup import CgroupCollector
from exporter.collectors.collector import Collector
from exporter.collectors.cpu import CpuCollector, CpuPerCoreCollector
from exporter.collectors.exporter import ExporterCollector
from exporter.collectors.groups import GroupsCollector
from exporter.collectors.load import LoadCollector
from exporter.collectors.memory import MemoryCollector
from exporter.collectors.pressure import PressureCollector
from exporter.collectors.processes import ProcessesCollector
from exporter.collectors.system import SystemCollector
from exporter.collectors.top import TopCollector
from exporter.collectors.vmstat import VmstatCollector
from exporter.config import ExporterSettings
from exporter.exposition import as_text
from exporter.host.cpu_usage import UsageWindow
from exporter.host.details import DetailsReader
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.memory import read_memory
from exporter.host.os_release import read_os_release
from exporter.host.pressure import read_pressure
from exporter.host.scan import ProcessScanner
from exporter.host.stat_files import raise_descriptor_limit, spare_descriptors
from exporter.host.table import Pace, ProcessTable
from exporter.host.unit import UnitNames
from exporter.host.vmstat import read_vmstat
from exporter.processes.groups import GroupLedger, program_names
from exporter.processes.limits import series_limits
from exporter.processes.settings import ProcessSettings
from exporter.processes.top import TopSelection
from exporter.reloading import Reloading
from exporter.scrape import EVERYTHING, Scraper
from exporter.turns import Turns
from exporter.web.app import create_app, is_kept
from exporter.web.requests import RequestCounts
from marax.addresses import Address
from marax.clock import Clock, SystemClock
from marax.commandline import CannotReachError
from marax.serving import Server, ServingSettings

logger = logging.getLogger(__name__)

PROCFS = Path("/proc")
ROOT = Path("/")
_BETWEEN_READINGS_SECONDS = 1.25  # the process table scans a second time after 1 s
_OWN_SCRAPE_SECONDS = 4.5
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ProcessEngine:
    """The process table, its followers, and the collectors that publish what they know."""

    def __init__(self, settings: ProcessSettings, clock: Clock) -> None:
        self.settings = settings
        self._scanner = ProcessScanner(PROCFS, clock, held_descriptors=spare_descriptors())
        naming = UnitNames(PROCFS) if settings.group_by == "unit" else program_names
        ledger = GroupLedger(limit=settings.groups, naming=naming)
        selection = TopSelection(count=settings.top, window_seconds=settings.window_seconds)
        details = DetailsReader(PROCFS, clock, show_command_line=settings.show_cmdline)
        pace = Pace(window_seconds=settings.window_seconds, interval_seconds=settings.interval_seconds)
        self._table = ProcessTable(
            self._scanner.scan, clock, pace, followers=(ledger.follow, selection.follow)
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
        self.reloading = Reloading(settings, read=read, take_up=self.take_up, clock=clock)
        self.scraper = Scraper((), Turns(clock))
        itself = ExporterCollector(
            version=version("marax"), last_reload=self.reloading.last, requests=self.requests.totals
        )
        self._usage = UsageWindow()
        self._host = (*_host_collectors(clock, self._usage), itself)
        self.collectors: list[Collector] = []

    def take_up(self, settings: ExporterSettings) -> None:
        """Run the collectors that *settings* ask for; those that go on keep what they know."""
        self._usage.length_seconds = settings.processes.window_seconds
        wanted = settings.processes if settings.collectors.needs_processes else None
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


def serve(read: Callable[[], ExporterSettings]) -> None:
    """Serve until told to end, with the settings that *read* returns now and at each SIGHUP.

    Raises:
        SettingsError: The settings cannot be used.
        CannotReachError: The address cannot be listened on, or this is not a Linux with /proc.
    """

    def read_again() -> ExporterSettings:
        changed = read()
        server.reload_certificates()
        return changed

    settings = read()
    need_procfs()
    raise_descriptor_limit()
    exporter = Exporter(settings, read=read_again, clock=SystemClock())
    ready = threading.Event()
    app = create_app(
        exporter.scraper, is_ready=ready.is_set, requests=exporter.requests, version=version("marax")
    )
    serving = ServingSettings(address=settings.listen, web_config_file=settings.web_config_file)
    server = Server(app, serving, is_kept=is_kept)
    address = server.bind()
    exporter.take_up(settings)  # before the first scrape, which would be empty otherwise

    def warm_up() -> None:
        exporter.read_host()
        ready.set()

    def start() -> None:
        logger.info("listening", extra={"address": address, "for": _audience(address, settings)})
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()

    server.run(on_ready=start, on_hangup=exporter.reloading.reload)


def need_procfs() -> None:
    """Refuse to go on where there is nothing to read.

    Raises:
        CannotReachError: This is not a Linux with /proc.
    """
    if not (PROCFS / "self/stat").exists():
        raise CannotReachError(
            "marax-exporter reads Linux's /proc, and there is none here: run it on Linux, with /proc mounted"
        )


def _audience(address: Address, settings: ExporterSettings) -> str:
    if address.host in _LOOPBACK:
        return (
            "this machine only, the default; `listen: 0.0.0.0:9877` in the settings opens it to the network"
        )
    if settings.web_config_file:
        return "whoever web_config_file lets in"
    return "everyone who can reach this address; web_config_file in the settings can ask for certificates"


def _host_collectors(clock: Clock, usage: UsageWindow) -> tuple[Collector, ...]:
    read_stat = partial(read_kernel_stat, PROCFS)
    return (
        CpuCollector(read_stat, clock, usage),
        CpuPerCoreCollector(read_stat),
        LoadCollector(os.getloadavg),
        MemoryCollector(read_memory),
        VmstatCollector(partial(read_vmstat, PROCFS), page_bytes=os.sysconf("SC_PAGE_SIZE")),
        PressureCollector(partial(read_pressure, PROCFS)),
        SystemCollector(read_stat, partial(read_os_release, ROOT), clock),
        CgroupCollector(ROOT),
    )

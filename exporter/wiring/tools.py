"""Builds the real parts of the commands that look at this host by themselves: `top` and `doctor`."""

from exporter.config import ExporterSettings
from exporter.doctor.examination import Examination
from exporter.host.files import PROCFS, ROOT
from exporter.host.process_details import DetailsReader
from exporter.host.scan import ProcessScanner
from exporter.host.stat_files import raise_descriptor_limit, spare_descriptors
from exporter.host.table import Pace, ProcessTable
from exporter.host.user_names import UserNames, user_name
from exporter.processes.settings import ProcessSettings
from exporter.top.watch import Watch
from exporter.wiring.exporter import Exporter, need_procfs
from marax.clock import SystemClock


def process_watch(settings: ProcessSettings) -> Watch:
    """Return what `top` shows; nothing is read before its first refresh.

    Raises:
        CannotReachError: This is not a Linux with /proc.
    """
    need_procfs()
    clock = SystemClock()
    scanner = ProcessScanner(PROCFS, clock, held_descriptors=spare_descriptors())
    pace = Pace(window_seconds=settings.window_seconds, interval_seconds=settings.interval_seconds)
    return Watch(
        table=ProcessTable(scanner.scan, clock, pace),
        details=DetailsReader(PROCFS, UserNames(clock), show_command_line=False),
        procfs=PROCFS,
        window_seconds=settings.window_seconds,
    )


def examination(settings: ExporterSettings) -> Examination:
    """Return what `doctor` looks at.

    Raises:
        CannotReachError: This is not a Linux with /proc.
    """
    need_procfs()
    raise_descriptor_limit()
    clock, held = SystemClock(), spare_descriptors()
    exporter = Exporter(settings, read=lambda: settings, clock=clock)
    exporter.use(settings)
    return Examination(
        settings=settings,
        collectors=exporter.collectors,
        scan=ProcessScanner(PROCFS, clock, held_descriptors=held).scan,
        look_up=user_name,
        held_descriptors=held,
        clock=clock,
        root=ROOT,
    )

"""The examination: reads the host, one thing after the other, and lets each be judged."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.collectors.collector import Collector
from exporter.config import ExporterSettings
from exporter.doctor import checks
from exporter.doctor.address import address_findings, read_address
from exporter.doctor.finding import Finding
from exporter.host.cgroup import Cgroups, container_kind
from exporter.host.cgroup_limits import read_limits
from exporter.host.confinement import read_confinement
from exporter.host.files import HostReadError
from exporter.host.kernel_clock import read_is_synchronised
from exporter.host.pressure import RESOURCES, read_pressure
from exporter.host.process_details import user_name
from exporter.host.snapshot import Snapshot
from exporter.scrape.collector_runner import CollectorRunner
from marax.clock import Clock

_SCRAPE_SECONDS = 4.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Examines the host that it runs on.

    Attributes:
        settings: Those of the exporter.
        collectors: Those that are switched on.
        scan: Reads all processes; raises HostReadError.
        held_descriptors: How many may be held open, for as many processes.
        clock: The one that is judged, too.
        root: The root of the host's files.
    """

    settings: ExporterSettings
    collectors: Sequence[Collector]
    scan: Callable[[], Snapshot]
    held_descriptors: int
    clock: Clock
    root: Path

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, in the order in which a person would ask."""
        began_seconds = self._difference_seconds()
        yield from _findings_of("processes", self._processes)
        yield from _findings_of("limits", self._limits)
        yield from _findings_of("pressure", self._pressure)
        yield from address_findings(self.settings.listen, read_address(self.settings.listen))
        yield from self._collectors()
        yield self._clock(jump_seconds=self._difference_seconds() - began_seconds)

    def _processes(self) -> Iterator[Finding]:
        confinement = read_confinement(self.root / "proc")
        yield checks.rights(user_name(os.geteuid()), confinement)
        yield checks.container(container_kind(self.root), confinement)
        if confinement.shows_processes_only:
            yield checks.whole_proc()
            return
        self.scan()  # the first one costs more
        now = self.scan()
        yield checks.visibility(now, confinement)
        yield checks.scan_cost(now, interval_seconds=self.settings.processes.interval_seconds)
        yield checks.descriptors(processes=len(now.processes), held=self.held_descriptors)

    def _limits(self) -> Iterator[Finding]:
        found = read_limits(Cgroups(self.root))
        yield checks.limits(found)
        found.attempts.check()

    def _pressure(self) -> Iterator[Finding]:
        found = [resource for resource in RESOURCES if read_pressure(self.root / "proc", resource)]
        yield checks.pressure(found, is_wanted=self.settings.collectors.is_on("pressure"))

    def _collectors(self) -> Iterator[Finding]:
        runner = CollectorRunner(self.clock)
        runner.run([*self.collectors], within_seconds=_SCRAPE_SECONDS)  # the first one costs more
        yield from checks.collectors(runner.run([*self.collectors], within_seconds=_SCRAPE_SECONDS))

    def _clock(self, *, jump_seconds: float) -> Finding:
        try:
            is_synchronised = read_is_synchronised()
        except HostReadError:
            is_synchronised = None
        return checks.clock(jump_seconds=jump_seconds, is_synchronised=is_synchronised)

    def _difference_seconds(self) -> float:
        return self.clock.unix_seconds() - self.clock.monotonic_seconds()


def _findings_of(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what *look* finds; what keeps it from looking is a finding, too."""
    try:
        yield from look()
    except HostReadError as error:
        yield Finding(check=check, verdict="problem", says=str(error))

"""The examination: reads the host, one thing after the other, and lets each be judged."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as NotYetError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exporter.collectors.collector import Collector
from exporter.config import ExporterSettings
from exporter.doctor import checks
from exporter.doctor.address import address_findings, read_address
from exporter.doctor.collectors import blind_collectors, collectors
from exporter.doctor.finding import Finding
from exporter.doctor.unit import UNIT, unit_findings, unknown_unit
from exporter.host.cgroup import Cgroups, container_kind
from exporter.host.cgroup_limits import read_limits
from exporter.host.confinement import Confinement, read_confinement
from exporter.host.files import Attempts, HostReadError, is_there
from exporter.host.kernel_clock import read_is_synchronised
from exporter.host.pressure import RESOURCES, read_pressure
from exporter.host.snapshot import Snapshot
from exporter.host.stat import Process
from exporter.host.unit import main_process_of
from exporter.scrape.collector_runner import CollectorRunner
from marax.clock import Clock
from marax.threads import DaemonThreads

_SCRAPE_SECONDS = 4.5
_LOOK_UP_SECONDS = 2.0
_PATIENCE_SECONDS = 15.0  # two scrapes, or two questions to whoever listens on the address
_MOST_USERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Examines the host that it runs on; hangs on nothing that hangs there.

    Attributes:
        settings: Those of the exporter.
        collectors: Those that are switched on.
        scan: Reads all processes; raises HostReadError.
        look_up: Returns the name of a user, or nothing.
        held_descriptors: How many may be held open, for as many processes.
        clock: The one that is judged, too.
        root: The root of the host's files.
        patience_seconds: How long each check may take.
    """

    settings: ExporterSettings
    collectors: Sequence[Collector]
    scan: Callable[[], Snapshot]
    look_up: Callable[[int], str]
    held_descriptors: int
    clock: Clock
    root: Path
    patience_seconds: float = _PATIENCE_SECONDS

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, in the order in which a person would ask, as soon as it is known."""
        began_seconds = self._difference_seconds()
        attempts, seen = Attempts(), list[Snapshot]()
        confinement = attempts.read(partial(read_confinement, self.root / "proc")) or Confinement()
        yield from self._findings_of("user", partial(self._user, confinement, attempts))
        yield from self._findings_of("processes", partial(self._processes, confinement, seen))
        yield from self._findings_of("users", partial(self._users, seen))
        yield from self._findings_of("unit", partial(self._unit, confinement, seen))
        yield from self._findings_of("limits", partial(self._limits, seen))
        if not confinement.shows_processes_only:
            yield from self._findings_of("pressure", self._pressure)
        yield from self._findings_of("address", self._address)
        yield from self._findings_of("collectors", partial(self._collectors, confinement))
        yield self._clock(jump_seconds=self._difference_seconds() - began_seconds)

    def _findings_of(self, check: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
        """Return what *look* finds; what keeps it from looking, or from an end, is a finding, too."""
        found: list[Finding] = []
        looking = DaemonThreads(1, name=f"doctor-{check}").submit(lambda: found.extend(look()))
        try:
            looking.result(self.patience_seconds)
        except NotYetError:
            return [*found, checks.unfinished(check, within_seconds=self.patience_seconds)]
        except HostReadError as error:
            return [*found, *(Finding(check=check, verdict="problem", says=str(arg)) for arg in error.args)]
        return found

    def _user(self, confinement: Confinement, attempts: Attempts) -> Iterator[Finding]:
        uid = os.geteuid()
        name = "root" if uid == 0 else self._names([uid])[0].get(uid, "")
        yield checks.rights(name or str(uid), confinement)
        yield checks.container(container_kind(self.root), confinement)
        attempts.check()

    def _processes(self, confinement: Confinement, seen: list[Snapshot]) -> Iterator[Finding]:
        if confinement.shows_processes_only:
            yield checks.whole_proc()
            return
        self.scan()  # the first one costs more
        now = self.scan()
        seen.append(now)
        yield checks.visibility(now, confinement)
        yield checks.scan_cost(now, interval_seconds=self.settings.processes.interval_seconds)
        yield checks.descriptors(processes=len(now.processes), held=self.held_descriptors)

    def _users(self, seen: Sequence[Snapshot]) -> Iterator[Finding]:
        uids = {os.geteuid(): None}
        for pid in (pid for now in seen for pid in now.processes):
            with suppress(OSError):
                uids[(self.root / "proc" / str(pid)).stat().st_uid] = None
        asked = [*uids][:_MOST_USERS]
        names, failure = self._names(asked)
        silent = [uid for uid in asked if uid not in names]
        yield checks.users(len(asked), silent, failure=failure)

    def _names(self, uids: Sequence[int]) -> tuple[dict[int, str], str]:
        """Return the names that are known in time, and what became of the others."""
        names: dict[int, str] = {}

        def look_all_up() -> None:
            for uid in uids:
                names[uid] = self.look_up(uid)

        looking = DaemonThreads(1, name="doctor-names").submit(look_all_up)
        try:
            error = looking.exception(_LOOK_UP_SECONDS)
        except NotYetError:
            return dict(names), f"did not answer within {_LOOK_UP_SECONDS:g} s"
        return names, f"failed ({type(error).__name__}: {error})"

    def _unit(self, confinement: Confinement, seen: Sequence[Snapshot]) -> Iterator[Finding]:
        serving = self._serving(seen)
        if serving is not None:
            try:
                yield from unit_findings(confinement, read_confinement(self.root / "proc", str(serving.pid)))
            except HostReadError as error:
                yield unknown_unit(str(error), remedy="`sudo marax-exporter doctor` can see it")
        elif is_there(self.root / "run/systemd/system"):
            yield unknown_unit("it is not running")

    def _limits(self, seen: Sequence[Snapshot]) -> Iterator[Finding]:
        """Yield what holds for the process that serves; for this one if there is none."""
        serving = self._serving(seen)
        found = read_limits(Cgroups(self.root, str(serving.pid) if serving else "self"))
        yield checks.limits(found)
        found.attempts.check()

    def _serving(self, seen: Sequence[Snapshot]) -> Process | None:
        return next((main_process_of(UNIT, self.root / "proc", now) for now in seen), None)

    def _pressure(self) -> Iterator[Finding]:
        found = [resource for resource in RESOURCES if read_pressure(self.root / "proc", resource)]
        yield checks.pressure(found, is_wanted=self.settings.collectors.is_on("pressure"))

    def _address(self) -> Iterator[Finding]:
        yield from address_findings(self.settings.listen, read_address(self.settings.listen))

    def _collectors(self, confinement: Confinement) -> Iterator[Finding]:
        runner = CollectorRunner(self.clock)
        runner.run([*self.collectors], within_seconds=_SCRAPE_SECONDS)  # the first one costs more
        outcomes = runner.run([*self.collectors], within_seconds=_SCRAPE_SECONDS)
        yield from (blind_collectors if confinement.shows_processes_only else collectors)(outcomes)

    def _clock(self, *, jump_seconds: float) -> Finding:
        try:
            is_synchronised = read_is_synchronised()
        except HostReadError:
            is_synchronised = None
        return checks.clock(jump_seconds=jump_seconds, is_synchronised=is_synchronised)

    def _difference_seconds(self) -> float:
        return self.clock.unix_seconds() - self.clock.monotonic_seconds()

"""The world of the model: hosts, Prometheis, Alertmanagers and the bridge, which live through a script.

Time passes in ticks of five seconds. In each, hosts are scraped, then rules are evaluated, then Alertmanagers
post, then the bridge works: no two of these happen at the same moment.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from tests.fakes.clock import FakeClock
from tests.model.alertmanager import Alertmanager, Posted
from tests.model.bridge import Bridge
from tests.model.conditions import Conditions
from tests.model.oracle import Oracle
from tests.model.prometheus import TICK_SECONDS, Answer, Prometheus
from tests.model.script import START_UNIX_SECONDS, Deed, DiesOnce, Script, Site
from tests.model.storage import Labels
from tests.model.testimony import Testimony
from tests.model.truth import NameTruth, View

Part = TypeVar("Part", Prometheus, Alertmanager)
CALM_BEFORE_SECONDS = 300
CALM_AFTER_SECONDS = 1500
_PHASE_SECONDS = 1.0
_NEW_SECONDS = 20.0
_MEMORY = "/dev/shm"  # noqa: S108 - what is written need not survive, and no disk need be waited for


def played(script: Script, site: Site) -> "World":
    """Return the world after it has lived through *script* at *site*, and some time of calm after it."""
    end = max((fault.end for fault in script), default=0) + CALM_AFTER_SECONDS
    with TemporaryDirectory(dir=_MEMORY if Path(_MEMORY).is_dir() else None) as folder:
        world = World(script, site, Path(folder))
        try:
            while world.now < end:
                world.live_on()
        finally:
            world.bridge.die()
    return world


class World:
    """All parts, and the moment that they have come to."""

    def __init__(self, script: Script, site: Site, folder: Path) -> None:
        self._script = script
        self._site = site
        self._clock = FakeClock(START_UNIX_SECONDS - CALM_BEFORE_SECONDS)
        self._tick = 0
        self._prometheis = [
            Prometheus(f"prometheus-{n + 1}", n, names_itself=site.is_sharded) for n in range(site.prometheis)
        ]
        self._alertmanagers = [Alertmanager(f"alertmanager-{n + 1}") for n in range(site.alertmanagers)]
        self._dead: set[str] = {"bridge"}
        self._done: set[DiesOnce] = set()
        self._conditions = self._conditions_now()
        self._named = self._prometheis[:1] if site.names_only_first else self._prometheis
        testimony = Testimony(self._named, self._answers_bridge, self._clock)
        self.bridge = Bridge(folder, self._clock, testimony)
        self.oracle = Oracle()

    @property
    def now(self) -> float:
        """How long ago the script began, in seconds."""
        return self._clock.unix_seconds() - START_UNIX_SECONDS

    def live_on(self) -> None:
        """Live for a tick."""
        self._conditions = self._conditions_now()
        self._kill_and_start()
        self._scrape()
        self._pass(_PHASE_SECONDS)
        self._evaluate()
        self._pass(_PHASE_SECONDS)
        self._post()
        self._pass(_PHASE_SECONDS)
        before = len(self.bridge.mailbox.mails)
        if self._conditions.works("bridge"):
            self.bridge.run()
        self.oracle.observe(self._view(), self.bridge.mailbox.mails[before:])
        self._pass(TICK_SECONDS - 3 * _PHASE_SECONDS)
        self._tick += 1

    def _conditions_now(self) -> Conditions:
        return Conditions([fault for fault in self._script if fault.lasts(self.now)], self._site)

    def _pass(self, seconds: float) -> None:
        if self._conditions.is_suspended:
            self._clock.jump(seconds)
        else:
            self._clock.advance(seconds)

    def _kill_and_start(self) -> None:
        for prometheus in self._prometheis:
            self._restart(prometheus.name, prometheus.restart)
        for one in self._alertmanagers:
            keeps_log = not self._conditions.is_killed(one.name)
            self._restart(one.name, partial(one.restart, keeps_log=keeps_log))
        self._restart("bridge", self.bridge.die)
        mailbox = self.bridge.mailbox
        mailbox.is_reachable = not self._conditions.is_mail_away
        new = set(self._conditions.deeds) - self._done
        self._done |= new
        for fault in new:
            self.bridge.dies_once_committed |= fault.deed == Deed.COMMITTED
            mailbox.dies_once_sent |= fault.deed == Deed.SENT
        if not self._conditions.deeds:
            self.bridge.dies_once_committed = mailbox.dies_once_sent = False
        is_due = not self._conditions.is_dead("bridge") and (new or not self._conditions.deeds)
        if is_due and not self.bridge.is_alive:
            self.bridge.start()

    def _restart(self, part: str, forget: Callable[[], None]) -> None:
        if not self._conditions.is_dead(part):
            self._dead.discard(part)
        elif part not in self._dead:
            self._dead.add(part)
            forget()

    def _scrape(self) -> None:
        now = self._clock.unix_seconds()
        for prometheus in self._working(self._prometheis):
            prometheus.watch(self._conditions.targets_of(self._prometheis.index(prometheus)), now)
            prometheus.scrape(self._tick, now, partial(self._answer, prometheus.name))

    def _answer(self, prometheus: str, labels: Labels) -> Answer | None:
        host = dict(labels)["instance"].partition(".")[0]
        if self._conditions.is_away(host) or not self._conditions.reaches(prometheus, host):
            return None
        return Answer(cpu_ratio=1.0 if self._conditions.is_busy(host) else 0.1)

    def _evaluate(self) -> None:
        now = self._clock.unix_seconds()
        for prometheus in self._working(self._prometheis):
            alerts = prometheus.evaluate(self._tick, now)
            for alertmanager in self._working(self._alertmanagers):
                if self._conditions.reaches(prometheus.name, alertmanager.name):
                    alertmanager.receive(alerts, now)

    def _post(self) -> None:
        now, working = self._clock.unix_seconds(), self._working(self._alertmanagers)
        for one, other in pairwise(working):
            if self._conditions.reaches(one.name, other.name):
                one.learn(other.log)
                other.learn(one.log)
        for number, one in enumerate(working):
            before = [other for other in working[:number] if self._conditions.reaches(other.name, one.name)]
            one.run(now, len(before), partial(self._deliver, one.name))

    def _deliver(self, alertmanager: str, alerts: Sequence[Posted]) -> bool:
        if not self._conditions.reaches(alertmanager, "bridge"):
            return False
        return self.bridge.post(alerts, is_working=self._conditions.works("bridge"))

    def _answers_bridge(self, prometheus: Prometheus) -> bool:
        name = prometheus.name
        return self._conditions.works(name) and self._conditions.reaches(name, "bridge")

    def _askable(self) -> list[Prometheus]:
        return [one for one in self._named if self._answers_bridge(one)]

    def _working(self, parts: Sequence[Part]) -> list[Part]:
        return [one for one in parts if self._conditions.works(one.name)]

    def _view(self) -> View:
        conditions = self._conditions
        return View(
            at=self._clock.unix_seconds(),
            is_clear=conditions.is_clear,
            is_bridge_working=conditions.works("bridge")
            and self.bridge.is_alive
            and not conditions.is_mail_away,
            is_prometheus_working=bool(self._working(self._prometheis)),
            is_askable=bool(self._askable()),
            names={name: self._truth(name) for name in self._names()},
        )

    def _names(self) -> list[str]:
        return [name for host in self._site.host_names for name in (host, f"{host}-new")]

    def _truth(self, name: str) -> NameTruth:
        host, now = name.removesuffix("-new"), self._clock.unix_seconds()
        labels = self._conditions.targets.get(name)
        answered = [one.last_answered.get(name, 0.0) for one in self._prometheis]
        of_address = [
            one.last_answered.get(other, 0.0) for one in self._prometheis for other in (host, f"{host}-new")
        ]
        answering = [one for one in self._askable() if labels and _answers(one, labels, now)]
        return NameTruth(
            is_watched=labels is not None,
            is_away=self._conditions.is_away(host),
            is_busy=self._conditions.is_busy(host),
            last_answered=max(answered),
            address_last_answered=max(of_address),
            newest_is_answered=bool(answering),
            missed_by_each=min((one.last_unanswered.get(name, 0.0) for one in answering), default=0.0),
        )


def _answers(prometheus: Prometheus, labels: Labels, now: float) -> bool:
    newest = prometheus.newest_scrapes(now).get(labels)
    return newest is not None and newest[1] and now - newest[0] < _NEW_SECONDS

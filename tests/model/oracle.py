"""What must be true of the mails, whatever happens: the rules, and how they are held against the truth.

The oracle knows the truth of each moment (`View`) and what was mailed. These are the rules:

- `UP_WITHOUT_SCRAPE`: a mail that says for the first time that a host answers again needs a scrape that it
  answered, to any Prometheus, after its alert fired.
- `UP_BUT_AWAY`: nor does a mail say so of a host that has been away for a minute in which the bridge could
  ask some Prometheus, unless it says that too.
- `DOWN_BUT_ANSWERED`: no mail says that a host is down if any Prometheus that the bridge can ask has an
  answered scrape as its newest, at most 20 s old.
- `DOWN_BUT_DISPUTED`: the same of a host that has answered that Prometheus all the time, and not another one.
- `NOT_TOLD`: a host that has been away for longer than its patience has been reported. The patience is
  `TOLD_SECONDS`; all of it has to be clear, which means that nothing is the matter with the monitoring. It
  is `LATE_SECONDS` more when something was the matter during the outage or in the ten minutes before it.
  While most of the hosts are away, FleetDown is reported instead, so that time counts as not clear. The
  same holds for a busy CPU and for FleetDown itself.
- `NOT_CLOSED`: what was reported as firing, and has been over for `CLOSED_SECONDS` and its
  `keep_firing_for`, has been reported as over, in its own incident; clear and late as above. It is also
  over once the host is not watched any more.
- `TOLD_TWICE`: one outage is reported in one incident. It lasts as long as no Prometheus has an answered
  scrape and the host is watched. And no mail says the same as the one before it in its incident.
- `FALSE_END`: no mail says that a host is not watched any more when it has been watched for two minutes, in
  which the bridge could ask; nor that a CPU or the fleet is fine again when it was not since before the
  alert fired.
- `FALSE_BLIND`: no [BLIND] after three clear minutes.
- `NOT_BLIND`: when no Prometheus has worked for `BLIND_SECONDS`, while the bridge did, that has been
  reported.

So "the bridge could see it" means that nothing at all was the matter with the monitoring. That is generous
about what has to be reported and when. What must not be reported is checked at every moment.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tests.model.mailbox import Mail, Said
from tests.model.script import START_UNIX_SECONDS
from tests.model.truth import BLIND, MONITORING, Lasting, Subject, View, truths

# scrape 15, for 60, evaluation 15, resend 60, group interval 30, storm window 120, and some room
TOLD_SECONDS = 330.0
# and keep_firing_for, and a proof that has to last
CLOSED_SECONDS = 330.0 + 70.0
LATE_SECONDS = 600.0
BLIND_SECONDS = 375.0
_CALM_SECONDS = 600.0
_BEFORE_ALERT_SECONDS = 60.0 + 30.0  # the `for` of HostDown, and a scrape and an evaluation
_KEEP_SECONDS = {"HostDown": 120.0, "HighCpu": 300.0, "FleetDown": 300.0}
_FOR_SECONDS = {"HostDown": 0.0, "HighCpu": 180.0, "FleetDown": 0.0}


class Rule(StrEnum):
    """What must be true."""

    UP_WITHOUT_SCRAPE = "up without scrape"
    UP_BUT_AWAY = "up but away"
    DOWN_BUT_ANSWERED = "down but answered"
    DOWN_BUT_DISPUTED = "down but disputed"
    NOT_TOLD = "not told"
    NOT_CLOSED = "not closed"
    TOLD_TWICE = "told twice"
    FALSE_END = "false end"
    FALSE_BLIND = "false blind"
    NOT_BLIND = "not blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that was broken, when, and how."""

    rule: Rule
    at: float
    words: str

    def __str__(self) -> str:
        return f"{self.at:7.0f} s  {self.rule}: {self.words}"


Told = tuple[str, str, str, float]  # in which incident, the subject, and when it fired


Episode = tuple[str, Subject, float]  # its incident, what it is about, and when it fired


class Oracle:
    """Holds what is mailed against the truth.

    Attributes:
        violations: What was broken, each thing once.
        mails: What was mailed.
    """

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.mails: list[Mail] = []
        self._lasting = Lasting({"clear": -math.inf, "fleet_fine": -math.inf})
        self._last_not: dict[Subject, float] = {}
        self._states: dict[Episode, str] = {}
        self._first_told: dict[tuple[Subject, str], float] = {}
        self._last_mails: dict[str, Mail] = {}
        self._reported: set[tuple[Rule, object]] = set()

    def observe(self, view: View, mails: Iterable[Mail]) -> None:
        """Take in the truth of a moment and what was mailed in it."""
        self._note(view)
        for mail in mails:
            self.mails.append(mail)
            self._hear(mail, view)
        self._demand(view)

    def _note(self, view: View) -> None:
        note, at = self._lasting.note, view.at
        note("clear", at, is_so=view.is_clear)
        note("fleet_fine", at, is_so=not view.is_fleet_away)
        note("askable", at, is_so=view.is_askable)
        note("bridge", at, is_so=view.is_bridge_working)
        note("no prometheus", at, is_so=not view.is_prometheus_working)
        for subject, is_on, is_over in truths(view):
            note(("on", subject), at, is_so=is_on)
            note(("over", subject), at, is_so=is_over)
            if not is_on:
                self._last_not[subject] = at
        for name, truth in view.names.items():
            note(("watched", name), at, is_so=truth.is_watched)

    def _hear(self, mail: Mail, view: View) -> None:
        before = self._last_mails.get(mail.incident_id)
        if before and before.said == mail.said and before.message_id != mail.message_id:
            self._report(
                Rule.TOLD_TWICE, view, mail.message_id, f"{mail.kind} says the same as the mail before it"
            )
        self._last_mails[mail.incident_id] = mail
        for said in mail.said:
            subject = (said.alertname, said.host)
            episode = (mail.incident_id, subject, said.fired)
            is_new = self._states.get(episode) != said.state
            self._states[episode] = said.state
            if said.state == "firing":
                self._hear_firing(episode, said, view, is_new=is_new)
            elif is_new:
                self._hear_over(episode, said, view)

    def _hear_firing(self, episode: Episode, said: Said, view: View, *, is_new: bool) -> None:
        incident, subject, _ = episode
        truth = view.names.get(said.host)
        if said.means_down and view.is_askable and truth is not None and truth.newest_is_answered:
            is_disputed = truth.missed_by_each < said.fired - _BEFORE_ALERT_SECONDS
            rule = Rule.DOWN_BUT_DISPUTED if is_disputed else Rule.DOWN_BUT_ANSWERED
            self._report(rule, view, episode, f"{said.host} answered its newest scrape")
        if said.alertname == BLIND and is_new and self._lasting.seconds("clear", view.at) >= 180:
            self._report(Rule.FALSE_BLIND, view, episode, "nothing is the matter")
        if said.alertname == BLIND or (subject, incident) in self._first_told:
            return
        others = [at for (other, _), at in self._first_told.items() if other == subject]
        if max(others, default=-math.inf) > self._last_over(subject, view):
            self._report(Rule.TOLD_TWICE, view, episode, f"{' '.join(subject)} is told in a second incident")
        self._first_told[subject, incident] = view.at

    def _last_over(self, subject: Subject, view: View) -> float:
        """Return when it was last not so; of a host, as Prometheus saw it."""
        alertname, host = subject
        truth = view.names.get(host)
        if alertname != "HostDown" or truth is None:
            return self._last_not.get(subject, -math.inf)
        unwatched = (
            view.at - self._lasting.seconds(("watched", host), view.at) if truth.is_watched else view.at
        )
        return max(truth.last_answered, unwatched)

    def _hear_over(self, episode: Episode, said: Said, view: View) -> None:
        _, subject, fired = episode
        on = self._lasting.seconds(("on", subject), view.at)
        truth = view.names.get(said.host)
        if said.state == "unwatched":
            watched, askable = (
                self._lasting.seconds(what, view.at) for what in (("watched", said.host), "askable")
            )
            if min(watched, askable) > 120:
                self._report(Rule.FALSE_END, view, episode, f"{said.host} is watched")
        elif said.means_down and truth is not None:
            askable = self._lasting.seconds("askable", view.at)
            by_address = said.state == "was firing"  # which is how a mail looks that up
            if (truth.address_last_answered if by_address else truth.last_answered) <= fired:
                words = f"{said.host} has answered no scrape since its alert fired"
                self._report(Rule.UP_WITHOUT_SCRAPE, view, episode, words)
            elif min(on, askable) > 60 and not said.says_away:
                self._report(Rule.UP_BUT_AWAY, view, episode, f"{said.host} is away")
        elif on >= 0 and view.at - on < fired:
            self._report(Rule.FALSE_END, view, episode, f"{' '.join(subject)} goes on")

    def _demand(self, view: View) -> None:
        for subject in {subject for subject, is_on, _ in truths(view) if is_on}:
            on = self._lasting.seconds(("on", subject), view.at)
            if self._is_due(subject, on, TOLD_SECONDS + _FOR_SECONDS[subject[0]], view) and not self._is_told(
                subject
            ):
                self._report(Rule.NOT_TOLD, view, subject, f"{' '.join(subject)} for {on:.0f} s")
        for episode, state in self._states.items():
            incident, subject, _ = episode
            over = self._lasting.seconds(("over", subject), view.at)
            seconds = CLOSED_SECONDS + _KEEP_SECONDS.get(subject[0], 0)
            if state == "firing" and self._is_due(subject, over, seconds, view):
                words = f"{' '.join(subject)} of {incident} has been over for {over:.0f} s"
                self._report(Rule.NOT_CLOSED, view, episode, words)
        dead = self._lasting.seconds("no prometheus", view.at)
        is_seen = self._lasting.seconds("bridge", view.at) >= dead + _CALM_SECONDS
        if dead >= BLIND_SECONDS and is_seen and not self._is_told((BLIND, MONITORING)):
            self._report(Rule.NOT_BLIND, view, dead, f"no Prometheus works for {dead:.0f} s")

    def _is_due(self, subject: Subject, lasted: float, patience_seconds: float, view: View) -> bool:
        """Return whether what has *lasted* so long should have been told."""
        clear = self._lasting.seconds("clear", view.at)
        if subject[0] == "HostDown":
            clear = min(clear, self._lasting.seconds("fleet_fine", view.at))
        is_calm = clear >= lasted + _CALM_SECONDS
        return min(lasted, clear) >= patience_seconds + (0 if is_calm else LATE_SECONDS)

    def _is_told(self, subject: Subject) -> bool:
        return any(state == "firing" for (_, its, _), state in self._states.items() if its == subject)

    def _report(self, rule: Rule, view: View, about: object, words: str) -> None:
        if (rule, about) not in self._reported:
            self._reported.add((rule, about))
            self.violations.append(Violation(rule=rule, at=view.at - START_UNIX_SECONDS, words=words))

"""What the bridge hears from the model's Prometheus: what the real queries return of its samples."""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import Active, Evidence, NoEvidence, Target, agree, targets_of
from alertbridge.prometheus.answers import Sample
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.prometheus.one_host import seen
from alertbridge.prometheus.outage import Asked, first_of_last_answered, outage
from alertbridge.prometheus.past import Question
from alertbridge.prometheus.stretches import Stretch
from marax.clock import Clock
from tests.model.prometheus import Prometheus
from tests.model.storage import Labels, labels_of

_DAY_SECONDS = 86400.0
_HOUR_SECONDS = 3600.0
_STEP_SECONDS = 15.0
_FRESH_SECONDS = 120.0
_LOOK_BACK_SECONDS = 300.0
_NO_ANSWER = "no answer in time"


class Testimony:
    """The witness, who knows what fires, and who looks up what a mail says: one Prometheus.

    Args:
        prometheus: Which is asked.
        is_reachable: Whether it answers the bridge at present.
        clock: For the time at which it is asked.
    """

    def __init__(self, prometheus: Prometheus, is_reachable: Callable[[], bool], clock: Clock) -> None:
        self._prometheus = prometheus
        self._storage = prometheus.storage
        self._is_reachable = is_reachable
        self._clock = clock

    def testify(self, instances: Collection[str], heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        return [self._testify(instances, heartbeat)]

    def _testify(self, instances: Collection[str], heartbeat: str | None) -> Evidence | NoEvidence:
        if not self._is_reachable():
            return NoEvidence(reason=f"Prometheus cannot be asked: {_NO_ANSWER}")
        now = self._clock.unix_seconds()
        evaluations = [(dict(labels), at) for labels, at, _ in self._storage.now("ALERTS", now)]
        moments = [at for labels, at in evaluations if heartbeat in {None, labels["alertname"]}]
        if heartbeat is None and not moments:
            moments = [at for _, at, _ in self._storage.now("up", now)]
        if not moments:
            return NoEvidence(reason=f"Prometheus does not evaluate {heartbeat or 'any rule'}")
        known = [dict(labels) for labels, _ in self._storage.since("ALERTS", now - _DAY_SECONDS, now)]
        return Evidence(
            evaluated_unix_seconds=max(moments),
            active=self._active(now),
            known=_by_name(known),
            targets=self._targets(set(instances), now),
        )

    def between(self, asked: Sequence[Question], heartbeat: str) -> Sequence[Past | NoEvidence]:
        if not self._is_reachable():
            return [NoEvidence(reason=_NO_ANSWER)] * len(asked)
        return [self._answered(one) if one.is_of_target else self._idle(one, heartbeat) for one in asked]

    def _answered(self, asked: Question) -> Past | NoEvidence:
        start = max(asked.since_unix_seconds, asked.until_unix_seconds - _DAY_SECONDS)
        series = self._storage.since("up", start - _LOOK_BACK_SECONDS, asked.until_unix_seconds)
        found = {
            labels: samples
            for labels, samples in series
            if dict(labels)["instance"] == asked.labels["instance"]
        }
        its = targets_of(asked.labels, [Target(labels=dict(labels)) for labels in found])
        if not its:
            return NoEvidence(reason="it does not scrape the target")
        samples = [Sample(*one) for target in its for one in found[labels_of(**target.labels)]]
        between = [one for one in samples if one.unix_seconds > start]
        newest = max((one.unix_seconds for one in between if one.value == 1), default=0.0)
        until_then = [one for one in between if one.unix_seconds <= newest]
        return Past(answered_unix_seconds=first_of_last_answered(until_then))

    def _idle(self, asked: Question, heartbeat: str) -> Past | NoEvidence:
        known = [
            labels
            for labels, _ in self._storage.since(
                "ALERTS", self._clock.unix_seconds() - _DAY_SECONDS, math.inf
            )
            if agree(asked.labels, _without_state(dict(labels)))
            and dict(labels)["alertname"] == asked.labels["alertname"]
        ]
        if not known:
            return NoEvidence(reason="it does not know the alert")
        step, idle = asked.until_unix_seconds, 0.0
        while step > max(asked.since_unix_seconds, asked.until_unix_seconds - _DAY_SECONDS):
            present = [labels for labels, _, _ in self._storage.now("ALERTS", step)]
            is_evaluated = any(dict(labels)["alertname"] == heartbeat for labels in present)
            idle += _STEP_SECONDS if is_evaluated and not set(known) & set(present) else 0
            step -= _STEP_SECONDS
        return Past(idle_seconds=idle)

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        if not self._is_reachable():
            hosts = {subject: HostFindings() for subject in subjects if subject.instance}
            return Findings(hosts=hosts, missing=(_NO_ANSWER,) if hosts else ())
        now = self._clock.unix_seconds()
        newest = {dict(labels)["host"]: value == 1 for labels, _, value in self._storage.now("up", now)}
        jobs = {subject.job for subject in subjects if subject.job and not subject.instance}
        return Findings(
            hosts={subject: self._found(subject, now) for subject in subjects if subject.instance},
            is_up_by_host=newest or None,
            answering_ratio_by_job={job: self._answering_ratio(job, now) for job in jobs},
        )

    def diagnose(self) -> str:
        """Return which part of the monitoring does not answer."""
        return "" if self._is_reachable() else "Prometheus does not answer."

    def _active(self, now: float) -> Mapping[str, Sequence[Active]]:
        found: defaultdict[str, list[Active]] = defaultdict(list)
        for labels, _, since in self._storage.now("ALERTS_FOR_STATE", now):
            found[dict(labels)["alertname"]].append(Active(labels=dict(labels), since_unix_seconds=since))
        return found

    def _targets(self, instances: set[str], now: float) -> Mapping[str, Sequence[Target]]:
        samples = dict(self._storage.since("up", now - _HOUR_SECONDS, now))
        found: defaultdict[str, list[Target]] = defaultdict(list)
        for labels in self._prometheus.targets:
            instance = dict(labels)["instance"]
            its = [Sample(*one) for one in samples.get(labels, ())] if instance in instances else []
            found[instance].append(_target(labels, its))
        return found

    def _found(self, subject: Subject, now: float) -> HostFindings:
        end = now if subject.ended_unix_seconds is None else subject.ended_unix_seconds
        samples = [
            Sample(*sample)
            for labels, its in self._storage.since("up", now - _DAY_SECONDS, now)
            if dict(labels)["instance"] == subject.instance
            for sample in its
        ]
        found = outage(
            samples,
            Asked(
                fired_unix_seconds=subject.fired_unix_seconds,
                until_unix_seconds=end,
                now_unix_seconds=now if subject.ended_unix_seconds is None else None,
                known=(Stretch(start=now - _DAY_SECONDS, end=now),),
            ),
        )
        is_down = bool(samples) and max(samples).value == 0
        return HostFindings(
            reason="connection refused" if is_down else "",
            since_unix_seconds=found.since,
            back_unix_seconds=found.back,
            newest=seen(found, (one for one in samples if one.unix_seconds > now - _HOUR_SECONDS)).newest,
        )

    def _answering_ratio(self, job: str, now: float) -> float:
        values = [
            value
            for labels, at, value in self._storage.now("up", now)
            if dict(labels)["job"] == job and at > now - _FRESH_SECONDS
        ]
        return sum(values) / len(values) if values else 0.0


def _target(labels: Labels, samples: Sequence[Sample]) -> Target:
    if not samples:
        return Target(labels=dict(labels))
    back = first_of_last_answered(samples)
    return Target(
        labels=dict(labels),
        scraped_unix_seconds=samples[-1].unix_seconds,
        is_up=samples[-1].value == 1,
        back_unix_seconds=None if back == samples[0].unix_seconds else back,
    )


def _by_name(alerts: Iterable[Mapping[str, str]]) -> Mapping[str, Sequence[Mapping[str, str]]]:
    found: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for labels in alerts:
        found[labels["alertname"]].append(_without_state(labels))
    return found


def _without_state(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in labels.items() if name != "alertstate"}

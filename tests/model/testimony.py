"""What the bridge hears from the Prometheis of the model: what the real queries return of their samples."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import Evidence, NoEvidence
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.prometheus.one_host import seen
from alertbridge.prometheus.outage import Asked, outage
from alertbridge.prometheus.past import Question
from alertbridge.prometheus.servers import merged_series
from alertbridge.prometheus.stretches import Stretch
from marax.clock import Clock
from tests.model.evidence import evidence
from tests.model.past import combined, past
from tests.model.prometheus import Prometheus

_DAY_SECONDS = 86400.0
_HOUR_SECONDS = 3600.0
_FRESH_SECONDS = 120.0
_NO_ANSWER = "no answer in time"


class Testimony:
    """The witness, who knows what fires, and who looks up what a mail says.

    Args:
        prometheis: Who is asked.
        is_reachable: Whether one answers the bridge at present.
        clock: For the time at which they are asked.
    """

    def __init__(
        self, prometheis: Sequence[Prometheus], is_reachable: Callable[[Prometheus], bool], clock: Clock
    ) -> None:
        self._prometheis = prometheis
        self._is_reachable = is_reachable
        self._clock = clock

    def testify(self, instances: Collection[str], heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        now = self._clock.unix_seconds()
        return [
            evidence(one, instances, heartbeat, now)
            if self._is_reachable(one)
            else NoEvidence(reason=f"Prometheus cannot be asked: {_NO_ANSWER}")
            for one in self._prometheis
        ]

    def between(self, asked: Sequence[Question], heartbeat: str) -> Sequence[Past | NoEvidence]:
        now = self._clock.unix_seconds()
        return [
            combined(
                [
                    past(one.storage, question, heartbeat, now)
                    if self._is_reachable(one)
                    else NoEvidence(reason=_NO_ANSWER)
                    for one in self._prometheis
                ]
            )
            for question in asked
        ]

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        answering = [one for one in self._prometheis if self._is_reachable(one)]
        if not answering:
            hosts = {subject: HostFindings() for subject in subjects if subject.instance}
            return Findings(hosts=hosts, missing=(_NO_ANSWER,) if hosts else ())
        return _LookUp(answering, self._clock.unix_seconds()).findings(subjects)

    def diagnose(self) -> str:
        """Return which part of the monitoring does not answer."""
        is_silent = any(not self._is_reachable(one) for one in self._prometheis)
        return "Prometheus does not answer." if is_silent else ""


class _LookUp:
    """What those that are *answering* know together: each series is that of one of them."""

    def __init__(self, answering: Sequence[Prometheus], now: float) -> None:
        self._answering, self._now = answering, now
        self._day, self._hour = (self._samples(seconds) for seconds in (_DAY_SECONDS, _HOUR_SECONDS))

    def findings(self, subjects: Sequence[Subject]) -> Findings:
        jobs = {subject.job for subject in subjects if subject.job and not subject.instance}
        return Findings(
            hosts={subject: self._found(subject) for subject in subjects if subject.instance},
            is_up_by_host=self._is_up_by_host() or None,
            disputed=self._disputed(),
            answering_ratio_by_job={job: self._answering_ratio(job) for job in jobs},
        )

    def _samples(self, seconds: float) -> tuple[Series, ...]:
        return merged_series(
            [
                Series(labels=dict(labels), samples=tuple(Sample(*sample) for sample in samples))
                for labels, samples in one.storage.since("up", self._now - seconds, self._now)
            ]
            for one in self._answering
        )

    def _found(self, subject: Subject) -> HostFindings:
        now, ended = self._now, subject.ended_unix_seconds
        asked = Asked(
            fired_unix_seconds=subject.fired_unix_seconds,
            until_unix_seconds=now if ended is None else ended,
            now_unix_seconds=now if ended is None else None,
            known=(Stretch(start=now - _DAY_SECONDS, end=now),),
        )
        samples = list(_of(subject, self._day))
        found = outage(samples, asked)
        return HostFindings(
            reason="connection refused" if samples and max(samples).value == 0 else "",
            since_unix_seconds=found.since,
            back_unix_seconds=found.back,
            newest=seen(found, _of(subject, self._hour)).newest,
        )

    def _is_up_by_host(self) -> Mapping[str, bool]:
        found: dict[str, bool] = {}
        for one in self._answering:
            for labels, _, value in one.storage.now("up", self._now):
                host = dict(labels)["host"]
                found[host] = found.get(host, False) or value == 1
        return found

    def _disputed(self) -> frozenset[str]:
        seen: defaultdict[str, set[bool]] = defaultdict(set)
        for one in self._answering:
            for labels, _, value in one.storage.now("up", self._now):
                seen[dict(labels)["instance"]].add(value == 1)
        return frozenset(instance for instance, states in seen.items() if len(states) > 1)

    def _answering_ratio(self, job: str) -> float:
        return max(self._answering_ratio_in(one, job) for one in self._answering)

    def _answering_ratio_in(self, prometheus: Prometheus, job: str) -> float:
        values = [
            value
            for labels, at, value in prometheus.storage.now("up", self._now)
            if dict(labels)["job"] == job and at > self._now - _FRESH_SECONDS
        ]
        return sum(values) / len(values) if values else 0.0


def _of(subject: Subject, found: Sequence[Series]) -> Iterator[Sample]:
    its = (one for one in found if one.labels["instance"] == subject.instance)
    return (sample for one in its for sample in one.samples)

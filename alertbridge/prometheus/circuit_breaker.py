"""Not waiting again for a Prometheus that has just failed to answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from alertbridge.prometheus.findings import Enricher, Findings, HostFindings, Subject
from marax.clock import Clock

_SLOW_SECONDS = 1.0
_OPEN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Failure:
    at_monotonic_seconds: float
    missing: tuple[str, ...]


class CircuitBreakerEnricher:
    """An `Enricher` that does not ask *enricher* for a while once it took long and found nothing.

    Else each of many mails about different hosts would wait as long, and the last of them for all.
    """

    def __init__(self, enricher: Enricher, clock: Clock) -> None:
        self._enricher = enricher
        self._clock = clock
        self._failure: _Failure | None = None

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        began, failure = self._clock.monotonic_seconds(), self._failure
        if failure and began - failure.at_monotonic_seconds < _OPEN_SECONDS:
            hosts = {subject: HostFindings() for subject in subjects if subject.instance}
            return Findings(hosts=hosts, missing=failure.missing)
        findings = self._enricher.look_up(subjects)
        now = self._clock.monotonic_seconds()
        has_failed = now - began >= _SLOW_SECONDS and _is_empty(findings)
        self._failure = _Failure(now, findings.missing) if has_failed else None
        return findings


def _is_empty(findings: Findings) -> bool:
    nothing = HostFindings()
    is_of_fleet = (
        findings.is_up_by_host is not None or findings.answering_ratio_by_job or findings.fleet_outages
    )
    return not is_of_fleet and all(one == nothing for one in findings.hosts.values())

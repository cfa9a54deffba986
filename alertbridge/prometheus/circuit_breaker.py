"""Not waiting again for a Prometheus that has just been waited for in vain."""

from collections.abc import Sequence
from dataclasses import dataclass

from alertbridge.prometheus.findings import Enricher, Findings, HostFindings, Subject
from marax.clock import Clock

_IN_VAIN_SECONDS = 1.0
_SPARED_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Silence:
    since_monotonic_seconds: float
    missing: tuple[str, ...]


class CircuitBreakerEnricher:
    """An `Enricher` that leaves *enricher* alone for a while once it took long and found out nothing.

    Else each of many mails about different hosts would wait as long, and the last of them for all.
    """

    def __init__(self, enricher: Enricher, clock: Clock) -> None:
        self._enricher = enricher
        self._clock = clock
        self._silence: _Silence | None = None

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        began, silence = self._clock.monotonic_seconds(), self._silence
        if silence and began - silence.since_monotonic_seconds < _SPARED_SECONDS:
            hosts = {subject: HostFindings() for subject in subjects if subject.instance}
            return Findings(hosts=hosts, missing=silence.missing)
        findings = self._enricher.look_up(subjects)
        now = self._clock.monotonic_seconds()
        is_in_vain = now - began >= _IN_VAIN_SECONDS and _is_empty(findings)
        self._silence = _Silence(now, findings.missing) if is_in_vain else None
        return findings


def _is_empty(findings: Findings) -> bool:
    nothing = HostFindings()
    return findings.is_up_by_host is None and all(one == nothing for one in findings.hosts.values())

"""What one Prometheus of the model knows of alerts and targets, as the real queries return it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from alertbridge.alerts.proof import Active, Evidence, NoEvidence, Target
from alertbridge.prometheus.answers import Sample
from alertbridge.prometheus.outage import first_of_last_answered
from tests.model.past import without_state
from tests.model.prometheus import Prometheus
from tests.model.storage import Labels, Storage

_DAY_SECONDS = 86400.0
_HOUR_SECONDS = 3600.0


def evidence(
    prometheus: Prometheus, instances: Collection[str], heartbeat: str | None, now: float
) -> Evidence | NoEvidence:
    """Return what it knows of all alerts, and of the targets at *instances*."""
    storage = prometheus.storage
    evaluations = [(dict(labels), at) for labels, at, _ in storage.now("ALERTS", now)]
    moments = [at for labels, at in evaluations if heartbeat in {None, labels["alertname"]}]
    if heartbeat is None and not moments:
        moments = [at for _, at, _ in storage.now("up", now)]
    if not moments:
        return NoEvidence(reason=f"Prometheus does not evaluate {heartbeat or 'any rule'}")
    return Evidence(
        evaluated_unix_seconds=max(moments),
        active=_active(storage, now),
        known=_by_name(dict(labels) for labels, _ in storage.since("ALERTS", now - _DAY_SECONDS, now)),
        targets=_targets(prometheus, set(instances), now),
    )


def _active(storage: Storage, now: float) -> Mapping[str, Sequence[Active]]:
    found: defaultdict[str, list[Active]] = defaultdict(list)
    for labels, _, since in storage.now("ALERTS_FOR_STATE", now):
        found[dict(labels)["alertname"]].append(Active(labels=dict(labels), since_unix_seconds=since))
    return found


def _by_name(alerts: Iterable[Mapping[str, str]]) -> Mapping[str, Sequence[Mapping[str, str]]]:
    found: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for labels in alerts:
        found[labels["alertname"]].append(without_state(labels))
    return found


def _targets(prometheus: Prometheus, instances: set[str], now: float) -> Mapping[str, Sequence[Target]]:
    samples = dict(prometheus.storage.since("up", now - _HOUR_SECONDS, now))
    found: defaultdict[str, list[Target]] = defaultdict(list)
    for labels in prometheus.targets:
        instance = dict(labels)["instance"]
        its = [Sample(*one) for one in samples.get(labels, ())] if instance in instances else []
        found[instance].append(_target(labels, its))
    return found


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

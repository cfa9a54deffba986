"""What one Prometheus of the model knows of the past of an alert, as the real queries return it."""

from collections.abc import Mapping, Sequence

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import NoEvidence, Target, agree, targets_of
from alertbridge.prometheus.answers import Sample
from alertbridge.prometheus.outage import first_of_last_answered
from alertbridge.prometheus.past import Question
from tests.model.storage import LOOK_BACK_SECONDS, Storage, labels_of

_DAY_SECONDS = 86400.0
_STEP_SECONDS = 15.0


def past(storage: Storage, asked: Question, heartbeat: str, now: float) -> Past | NoEvidence:
    """Return what the *storage* of one Prometheus holds of what is *asked*."""
    return _answered(storage, asked) if asked.is_of_target else _idle(storage, asked, heartbeat, now)


def combined(found: Sequence[Past | NoEvidence]) -> Past | NoEvidence:
    """Return what several know together, of whom one that knows the alert is enough."""
    known = [one for one in found if isinstance(one, Past)]
    if not known:
        return found[0]
    answered = [one.answered_unix_seconds for one in known if one.answered_unix_seconds is not None]
    return Past(
        answered_unix_seconds=max(answered, default=None), idle_seconds=min(one.idle_seconds for one in known)
    )


def without_state(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels of an alert, from those of the series `ALERTS`."""
    return {name: value for name, value in labels.items() if name != "alertstate"}


def _start(asked: Question) -> float:
    return max(asked.since_unix_seconds, asked.until_unix_seconds - _DAY_SECONDS)


def _answered(storage: Storage, asked: Question) -> Past | NoEvidence:
    start = _start(asked)
    series = storage.since("up", start - LOOK_BACK_SECONDS, asked.until_unix_seconds)
    found = {
        labels: samples for labels, samples in series if dict(labels)["instance"] == asked.labels["instance"]
    }
    its = targets_of(asked.labels, [Target(labels=dict(labels)) for labels in found])
    if not its:
        return NoEvidence(reason="it does not scrape the target")
    samples = [Sample(*one) for target in its for one in found[labels_of(**target.labels)]]
    between = [one for one in samples if one.unix_seconds > start]
    newest = max((one.unix_seconds for one in between if one.value == 1), default=0.0)
    until_then = [one for one in between if one.unix_seconds <= newest]
    return Past(answered_unix_seconds=first_of_last_answered(until_then))


def _idle(storage: Storage, asked: Question, heartbeat: str, now: float) -> Past | NoEvidence:
    known = {
        labels
        for labels, _ in storage.since("ALERTS", now - _DAY_SECONDS, now)
        if agree(asked.labels, without_state(dict(labels)))
        and dict(labels)["alertname"] == asked.labels["alertname"]
    }
    if not known:
        return NoEvidence(reason="it does not know the alert")
    start, idle, is_evaluated = _start(asked), 0.0, False
    step = asked.until_unix_seconds // _STEP_SECONDS * _STEP_SECONDS
    while step > start - LOOK_BACK_SECONDS:
        present = {labels for labels, _, _ in storage.now("ALERTS", step)}
        if any(dict(labels)["alertname"] == heartbeat for labels in present):
            is_evaluated = True
            idle += _STEP_SECONDS if step > start and not known & present else 0
        step -= _STEP_SECONDS
    return (
        Past(idle_seconds=idle) if is_evaluated else NoEvidence(reason="it does not evaluate the heartbeat")
    )

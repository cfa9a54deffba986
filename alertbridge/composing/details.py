"""What an alert says of itself beyond what every mail has a place for: pure."""

from alertbridge.alerts.alert import REMARK_ANNOTATION, Alert
from alertbridge.alerts.internal import is_internal

_LABELS_AT_MOST = 64
_ANNOTATIONS_AT_MOST = 32
_WITH_A_PLACE = frozenset(("summary", "description", REMARK_ANNOTATION))
_RUNBOOKS = ("runbook_url", "runbook")
_LONGEST = 4000  # far more than a mail shows


def labels_of(alert: Alert) -> tuple[tuple[str, str], ...]:
    """Return the labels of *alert* by name; none of an internal one, whose labels are the bridge's own."""
    if is_internal(alert):
        return ()
    return tuple((name, alert.labels[name][:_LONGEST]) for name in sorted(alert.labels)[:_LABELS_AT_MOST])


def runbook_of(alert: Alert) -> str:
    """Return the URL of the runbook of *alert*; empty when it names none."""
    return alert.annotations.get(_runbook_annotation(alert), "")


def annotations_of(alert: Alert) -> tuple[tuple[str, str], ...]:
    """Return the annotations of *alert* that have no place of their own, hidden ones such as `__x__` last."""
    if is_internal(alert):
        return ()
    has_place = _WITH_A_PLACE | {_runbook_annotation(alert)}
    names = [name for name, text in alert.annotations.items() if name not in has_place and text.strip()]
    names.sort(key=lambda name: (name.startswith("__"), name))
    return tuple((name, alert.annotations[name][:_LONGEST]) for name in names[:_ANNOTATIONS_AT_MOST])


def _runbook_annotation(alert: Alert) -> str:
    return next((name for name in _RUNBOOKS if alert.annotations.get(name)), "")

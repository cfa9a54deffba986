"""What a mail says of how it came about: a severity changed, or an alert flaps and is damped; pure."""

from collections.abc import Sequence

from alertbridge.alerts.flapping import CALM_SECONDS, problem_of
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.outbox.shown import Shown, shown_of
from alertbridge.routing.severities import severity_of
from marax.settings.durations import spoken

_AT_MOST = 10
_LABELS_AT_MOST = 5
_LEAST_SPAN_SECONDS = 60.0
_COUNTED = "{count:,} more alerts named {name} are firing, according to Alertmanager; they are only counted."
_DAMPED = "Mails about it are sent at longer intervals until it has not changed for an hour."


def remarks_of(claim: Claim, now_unix_seconds: float) -> tuple[str, ...]:
    """Return what to say of the alerts of *claim* that stand for others, one sentence each."""
    shown = shown_of(claim.reported)
    is_one = len(shown) == 1
    found = [
        remark
        for one in shown
        for remark in (*_of_severity(one, is_one=is_one), *_of_flapping(one, now_unix_seconds, is_one=is_one))
    ]
    more = (f"And {len(found) - _AT_MOST} more remarks of this kind.",) if len(found) > _AT_MOST else ()
    more = (*more, *(_COUNTED.format(count=count, name=name) for name, count in claim.counted.items()))
    damped = (_DAMPED,) if any(one.reported.is_flapping for one in shown) else ()
    return (*found[:_AT_MOST], *more, *damped)


def _of_severity(shown: Shown, *, is_one: bool) -> tuple[str, ...]:
    """Return `Now critical (was warning).` where that is news."""
    one = shown.reported
    problem, severity = problem_of(one.episode.alert), severity_of(one.episode.alert)
    before = [
        other
        for other in shown.folded
        if other.was_notified
        and severity_of(other.episode.alert) != severity
        and problem_of(other.episode.alert) == problem
    ]
    if one.is_over or not one.is_news or not before:
        return ()
    # It became worse if it was not reported yet, else better, from what has ended
    ended = [other for other in before if other.is_over] if one.was_notified else before
    last = max(ended or before, key=lambda other: other.episode.opened_unix_seconds)
    change = f"now {severity} (was {severity_of(last.episode.alert)})."
    return (change.capitalize() if is_one else f"{_name(one)}: {change}",)


def _of_flapping(shown: Shown, now: float, *, is_one: bool) -> tuple[str, ...]:
    if not shown.reported.is_flapping:
        return ()
    whole = (shown.reported, *shown.folded)
    recent = [one for one in whole if one.episode.opened_unix_seconds > now - CALM_SECONDS]
    its = "This alert" if is_one else f"{_name(shown.reported)}: this alert"
    remarks = []
    if len(recent) > 1:
        first = min(one.episode.opened_unix_seconds for one in recent)
        ended = sum(one.is_over for one in recent)
        often = f"fired {_times(len(recent))} and ended {_times(ended)}"
        remarks.append(f"{its} {often} within {spoken(max(now - first, _LEAST_SPAN_SECONDS))}.")
    if labels := _changing_labels(whole):
        names = ", ".join(labels[:_LABELS_AT_MOST])
        remarks.append(f"The labels of this alert keep changing: {names}.")
    return tuple(remarks)


def _changing_labels(whole: Sequence[ReportedEpisode]) -> list[str]:
    """Return the names of the labels that are not the same in all of them."""
    if len({problem_of(one.episode.alert) for one in whole}) == 1:
        return []
    labels = [one.episode.alert.labels for one in whole]
    names = dict.fromkeys(name for its in labels for name in its if name != "severity")
    return [name for name in names if len({its.get(name) for its in labels}) > 1]


def _times(count: int) -> str:
    return {0: "not once", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _name(one: ReportedEpisode) -> str:
    return one.host or one.episode.alert.labels.get("alertname", "")

"""Whether an alert has ended: an end is a claim until Prometheus, which must have looked since, confirms it.

Alertmanager resolves an alert by itself when nobody refreshes it: 4 minutes after Prometheus died, stalled or
lost its way to Alertmanager. So an end alone says nothing of a host.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from alertbridge.alerts.episodes import Claimed

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What Prometheus scrapes, and how that went.

    Attributes:
        labels: The target's labels, without the metric's name.
        scraped_unix_seconds: The newest scrape that is known; 0 when none is.
        is_up: Whether that one was answered.
        back_unix_seconds: The first scrape that it answered again; None when there is none, or it is not
            known.
    """

    labels: Labels
    scraped_unix_seconds: float = 0.0
    is_up: bool = False
    back_unix_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """An alert that Prometheus holds firing or pending; *since_unix_seconds* is when it became pending."""

    labels: Labels
    since_unix_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What Prometheus knows at one moment.

    Attributes:
        evaluated_unix_seconds: Its newest evaluation of rules.
        active: The alerts that are firing or pending, by alert name.
        known: The labels of those that were so within the last day, by alert name.
        targets: What it scrapes, by instance.
    """

    evaluated_unix_seconds: float
    active: Mapping[str, Sequence[Active]]
    known: Mapping[str, Sequence[Labels]]
    targets: Mapping[str, Sequence[Target]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """That rules were evaluated then, and that this reached the bridge; nothing more is known.

    It has to do where no Prometheus can be asked, or the one that can never held the alert to be active.
    """

    evaluated_unix_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEvidence:
    """Prometheus cannot be asked, or does not evaluate; *reason* says why, in words."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """It has ended, at that moment: for a host that was down, at the first scrape that it answered again.

    Attributes:
        ended_unix_seconds: When.
        is_by_scrape: Whether an answered scrape says so, and not only that the alert is no longer active.
    """

    ended_unix_seconds: float
    is_by_scrape: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """Prometheus does not scrape that target any more, so that nothing more will be known of the host.

    Attributes:
        watched_as: The name under which the same address is scraped now; empty when it is not.
    """

    watched_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """It is not known whether it has ended; *reason* says why, in words."""

    reason: str


class Labelled(Protocol):
    """What bears the labels of a target."""

    @property
    def labels(self) -> Labels: ...


OfTarget = TypeVar("OfTarget", bound=Labelled)
Judgement = Ended | Unwatched | Held

# Of two that watch the same host, the one that saw it answer; one that watches it before one that does not
_STRONGEST = (Ended, Held, Unwatched)

_NOT_THE_TARGETS = frozenset({"alertname", "severity", "job"})  # a rule sets them as it likes


def judge(
    claim: Claimed,
    found: Sequence[Evidence | NoEvidence],
    heartbeat: Heartbeat,
    *,
    is_of_target: bool,
    believed_from_unix_seconds: float = 0.0,
) -> Judgement:
    """Return what becomes of *claim*, by what each Prometheus knows.

    Args:
        claim: The end that is claimed.
        found: What each Prometheus knows, at least one; each may be of a pair, or hold a shard.
        heartbeat: The newest that has come.
        is_of_target: Whether the alert means that the target in `instance` does not answer.
        believed_from_unix_seconds: Rules have to have been evaluated since then, at least.
    """
    labels = claim.episode.alert.labels
    since = max(claim.ends_unix_seconds, believed_from_unix_seconds)
    doubts = [doubt for one in found if (doubt := _doubt(one, since))]
    evidence = [one for one in found if isinstance(one, Evidence)]
    known = [one for one in evidence if knows(labels, one, is_of_target=is_of_target)]
    fresh = [one for one in known if one.evaluated_unix_seconds >= since]
    if not fresh:
        return Held(reason=doubts[0]) if doubts else judge_by_heartbeat(claim, heartbeat, since)
    if is_of_target and (relabelled := next(filter(None, (_relabelled(labels, one) for one in fresh)), None)):
        return Unwatched(watched_as=relabelled.labels.get("host", labels["instance"]))
    if any(active_since(labels, one) is not None for one in fresh):
        return Held(reason="Prometheus holds the alert to be active")
    if not is_of_target:
        return Ended(ended_unix_seconds=claim.ends_unix_seconds)
    judged = [_judge_host(claim, one.targets.get(labels["instance"], ())) for one in fresh]
    agreed = min(judged, key=lambda judgement: _STRONGEST.index(type(judgement)))
    return Held(reason=doubts[0]) if doubts and isinstance(agreed, Unwatched) else agreed


def _doubt(one: Evidence | NoEvidence, since_unix_seconds: float) -> str:
    """Return why *one* says nothing of an end; empty when it does."""
    if isinstance(one, NoEvidence):
        return one.reason
    is_late = one.evaluated_unix_seconds < since_unix_seconds
    return "Prometheus has not evaluated its rules since then" if is_late else ""


def knows(labels: Labels, evidence: Evidence, *, is_of_target: bool) -> bool:
    """Return whether a Prometheus scrapes the target of an alert, or has held the alert itself."""
    is_watched = is_of_target and labels["instance"] in evidence.targets
    return is_watched or _is_among(labels, evidence.known.get(_name(labels), ()))


def _relabelled(labels: Labels, evidence: Evidence) -> Active | None:
    """Return the alert that is active instead of one that was known by other label names; None if none is."""
    name = _name(labels)
    active = [one for one in evidence.active.get(name, ()) if agree(labels, one.labels)]
    known = [
        one for one in evidence.known.get(name, ()) if agree(labels, one) and one.keys() <= labels.keys()
    ]
    own = max(known, key=len, default=None)
    if own is None or any(one.labels.keys() == own.keys() for one in active):
        return None
    return next(iter(active), None)


def judge_by_heartbeat(
    claim: Claimed, heartbeat: Heartbeat, believed_from_unix_seconds: float = 0.0
) -> Judgement:
    """Return what becomes of *claim* where nobody can be asked."""
    if heartbeat.evaluated_unix_seconds < max(claim.ends_unix_seconds, believed_from_unix_seconds):
        return Held(reason="no heartbeat has come that was evaluated since then")
    return Ended(ended_unix_seconds=claim.ends_unix_seconds)


def active_since(labels: Labels, evidence: Evidence) -> float | None:
    """Return since when Prometheus holds the alert with these *labels* active; None when it does not."""
    found = (
        one.since_unix_seconds for one in evidence.active.get(_name(labels), ()) if agree(labels, one.labels)
    )
    return min(found, default=None)


def is_down(labels: Labels, evidence: Evidence) -> bool:
    """Return whether the newest scrape of the target of an alert with these *labels* was not answered."""
    its = targets_of(labels, evidence.targets.get(labels.get("instance", ""), ()))
    return bool(its) and not max(its, key=lambda target: target.scraped_unix_seconds).is_up


def targets_of(labels: Labels, found: Iterable[OfTarget]) -> list[OfTarget]:
    """Return which of the targets *found* at one address an alert with these *labels* is about.

    Several jobs may scrape that address, as blackbox exporters do; a rule may name a job of its own.
    """
    its = [one for one in found if agree(labels, one.labels, _NOT_THE_TARGETS)]
    of_job = [one for one in its if one.labels.get("job") == labels.get("job")]
    return of_job or its


def agree(labels: Labels, others: Labels, besides: Iterable[str] = ()) -> bool:
    """Return whether *labels* and *others* are of one alert, or of an alert and its target.

    Alertmanager's labels may be more, as external ones are, or fewer, as some are dropped on the way; none
    that both have may differ, save those *besides*.
    """
    return all(labels[name] == others[name] for name in labels.keys() & others.keys() - set(besides))


def _is_among(labels: Labels, alerts: Iterable[Labels]) -> bool:
    return any(agree(labels, one) for one in alerts)


def _name(labels: Labels) -> str:
    return labels.get("alertname", "")


def _judge_host(claim: Claimed, at_its_address: Sequence[Target]) -> Judgement:
    alert = claim.episode.alert
    its = targets_of(alert.labels, at_its_address)
    if not its:
        names = (target.labels.get("host", alert.labels["instance"]) for target in at_its_address)
        return Unwatched(watched_as=next(names, ""))
    newest = max(its, key=lambda target: target.scraped_unix_seconds)
    if newest.is_up and newest.scraped_unix_seconds > alert.starts_unix_seconds:
        known = min(claim.ends_unix_seconds, newest.scraped_unix_seconds)
        return Ended(ended_unix_seconds=newest.back_unix_seconds or known, is_by_scrape=True)
    return Held(reason="the host has not answered a scrape since it went down")

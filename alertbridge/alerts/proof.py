"""Whether an alert has ended: an end is a claim until Prometheus, which must have looked since, confirms it.

Alertmanager resolves an alert by itself when nobody refreshes it: 4 minutes after Prometheus died, stalled or
lost its way to Alertmanager. So an end alone says nothing of a host.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alertbridge.alerts.episodes import Claimed

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What Prometheus scrapes, and how that went.

    Attributes:
        labels: The target's labels, without the metric's name.
        scraped_unix_seconds: The newest scrape.
        is_up: Whether that one was answered.
        back_unix_seconds: The first scrape that it answered again; None when there is none, or it is not
            known.
    """

    labels: Labels
    scraped_unix_seconds: float
    is_up: bool
    back_unix_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What Prometheus knows at one moment.

    Attributes:
        evaluated_unix_seconds: Its newest evaluation of rules.
        active: The labels of each alert that is firing or pending.
        targets: The targets that any of the alerts in question may be about; None when they are not known,
            as nobody can be asked.
    """

    evaluated_unix_seconds: float
    active: Sequence[Labels] = ()
    targets: Sequence[Target] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEvidence:
    """Prometheus cannot be asked, or does not evaluate; *reason* says why, in words."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """It has ended, at that moment: for a host that was down, at the first scrape that it answered again."""

    ended_unix_seconds: float


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


Judgement = Ended | Unwatched | Held


def judge(claim: Claimed, evidence: Evidence | NoEvidence, *, means_down: bool) -> Judgement:
    """Return what *evidence* makes of *claim*, whose alert *means* that a host is *down*, or does not."""
    if isinstance(evidence, NoEvidence):
        return Held(reason=evidence.reason)
    if evidence.evaluated_unix_seconds < claim.ends_unix_seconds:
        return Held(reason="Prometheus has not evaluated its rules since then")
    labels = claim.episode.alert.labels
    if is_among(labels, evidence.active):
        return Held(reason="Prometheus holds the alert to be active")
    if not means_down or evidence.targets is None or "instance" not in labels:
        return Ended(ended_unix_seconds=claim.ends_unix_seconds)
    return _judge_host(claim, evidence.targets)


def is_among(labels: Labels, active: Iterable[Labels]) -> bool:
    """Return whether an alert with *labels* is *active*: Alertmanager's have external labels besides."""
    return any(one.items() <= labels.items() for one in active)


def _judge_host(claim: Claimed, targets: Sequence[Target]) -> Judgement:
    alert = claim.episode.alert
    its = [target for target in targets if _is_target_of(alert.labels, target)]
    if not its:
        return Unwatched(watched_as=_watched_as(alert.labels, targets))
    newest = max(its, key=lambda target: target.scraped_unix_seconds)
    if newest.is_up and newest.scraped_unix_seconds > alert.starts_unix_seconds:
        known = min(claim.ends_unix_seconds, newest.scraped_unix_seconds)
        return Ended(ended_unix_seconds=newest.back_unix_seconds or known)
    return Held(reason="the host has not answered a scrape since it went down")


def _is_target_of(labels: Labels, target: Target) -> bool:
    """Return whether an alert with *labels* is about *target*, which is to bear all of its labels still."""
    return target.labels.get("instance") == labels["instance"] and target.labels.items() <= labels.items()


def _watched_as(labels: Labels, targets: Iterable[Target]) -> str:
    """Return what the address in *labels* is called among *targets*: its host's name, or the address."""
    instance = labels["instance"]
    same = [target.labels for target in targets if target.labels.get("instance") == instance]
    return next((found.get("host", instance) for found in same), "")

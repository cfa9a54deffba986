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
class Evidence:
    """What Prometheus knows at one moment.

    Attributes:
        evaluated_unix_seconds: Its newest evaluation of rules.
        active: The labels of the alerts that are firing or pending, by alert name.
        known: The labels of those that were so within the last day, by alert name.
        targets: What it scrapes, by instance.
    """

    evaluated_unix_seconds: float
    active: Mapping[str, Sequence[Labels]]
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


Judgement = Ended | Unwatched | Held

_NOT_THE_TARGETS = frozenset({"alertname", "severity", "job"})  # a rule sets them as it likes


def judge(
    claim: Claimed, evidence: Evidence | NoEvidence, heartbeat: Heartbeat, *, means_down: bool
) -> Judgement:
    """Return what becomes of *claim*, whose alert *means* that a host is *down*, or does not."""
    if isinstance(evidence, NoEvidence):
        return Held(reason=evidence.reason)
    labels = claim.episode.alert.labels
    instance = labels.get("instance", "") if means_down else ""
    if instance not in evidence.targets and not is_among(labels, evidence.known):
        return judge_by_heartbeat(claim, heartbeat)
    if evidence.evaluated_unix_seconds < claim.ends_unix_seconds:
        return Held(reason="Prometheus has not evaluated its rules since then")
    if is_among(labels, evidence.active):
        return Held(reason="Prometheus holds the alert to be active")
    if not instance:
        return Ended(ended_unix_seconds=claim.ends_unix_seconds)
    return _judge_host(claim, evidence.targets.get(instance, ()))


def judge_by_heartbeat(claim: Claimed, heartbeat: Heartbeat) -> Judgement:
    """Return what becomes of *claim* where nobody can be asked."""
    if heartbeat.evaluated_unix_seconds < claim.ends_unix_seconds:
        return Held(reason="no heartbeat has come that was evaluated since then")
    return Ended(ended_unix_seconds=claim.ends_unix_seconds)


def is_among(labels: Labels, alerts: Mapping[str, Sequence[Labels]]) -> bool:
    """Return whether an alert with *labels* is one of *alerts*, which are by name.

    Alertmanager's labels may be more, as external ones are, or fewer, as some are dropped on the way; none
    that both have may differ.
    """
    return any(_agree(labels, one) for one in alerts.get(labels.get("alertname", ""), ()))


def _judge_host(claim: Claimed, at_its_address: Sequence[Target]) -> Judgement:
    alert = claim.episode.alert
    its = [target for target in at_its_address if _agree(alert.labels, target.labels, _NOT_THE_TARGETS)]
    if not its:
        names = (target.labels.get("host", alert.labels["instance"]) for target in at_its_address)
        return Unwatched(watched_as=next(names, ""))
    newest = max(its, key=lambda target: target.scraped_unix_seconds)
    if newest.is_up and newest.scraped_unix_seconds > alert.starts_unix_seconds:
        known = min(claim.ends_unix_seconds, newest.scraped_unix_seconds)
        return Ended(ended_unix_seconds=newest.back_unix_seconds or known, is_by_scrape=True)
    return Held(reason="the host has not answered a scrape since it went down")


def _agree(labels: Labels, others: Labels, besides: Iterable[str] = ()) -> bool:
    return all(labels[name] == others[name] for name in labels.keys() & others.keys() - set(besides))

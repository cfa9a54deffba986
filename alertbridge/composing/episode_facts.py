"""From an episode as a notice tells it to the facts that a mail is rendered from."""

from dataclasses import replace

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import BLIND_LABEL, UNDELIVERABLE
from alertbridge.mail.facts import About, HostFacts
from alertbridge.outbox.told import ReportedEpisode
from alertbridge.prometheus.findings import HostFindings, Subject
from alertbridge.routing.recipients import Routing, severity_of


def subject_of(told: ReportedEpisode) -> Subject:
    """Return what may be found out about *told*."""
    alert = told.episode.alert
    return Subject(
        instance=alert.labels.get("instance", ""),
        job=alert.labels.get("job", ""),
        fired_unix_seconds=alert.starts_unix_seconds,
        ended_unix_seconds=told.episode.ended_unix_seconds if told.is_over else None,
    )


def host_facts(told: ReportedEpisode, found: HostFindings, routing: Routing) -> HostFacts:
    """Return what a mail says of *told*, given what was found out."""
    alert = told.episode.alert
    facts = HostFacts(
        name=routing.host_of(alert) or alert.labels.get("alertname", ""),
        address=alert.labels.get("instance", ""),
        is_over=told.is_over,
        means_down=routing.means_down(alert),
        alertname=alert.labels.get("alertname", ""),
        severity=severity_of(alert),
        summary=alert.annotations.get("summary", ""),
        description=alert.annotations.get("description", ""),
        runbook_url=alert.annotations.get("runbook_url", ""),
        fired_unix_seconds=alert.starts_unix_seconds,
        ended_unix_seconds=told.episode.ended_unix_seconds if told.is_over else None,
        last_values=found.last_values,
        top_processes=found.top_processes,
        history=found.history,
        about=_about(alert),
        is_end_reconciled=told.is_over and told.episode.is_end_reconciled,
    )
    return _with_absence(facts, told, found) if routing.means_down(alert) else facts


def _with_absence(facts: HostFacts, told: ReportedEpisode, found: HostFindings) -> HostFacts:
    """Add since when the host has not answered and why, or when it was back and what it had done."""
    known_before = told.last_answered_unix_seconds
    since = found.since_unix_seconds if known_before is None else known_before
    facts = replace(facts, since_unix_seconds=since, last_day=found.last_day)
    if not told.is_over:
        return replace(facts, reason=found.reason)
    return replace(
        facts,
        back_unix_seconds=found.back_unix_seconds,
        has_rebooted=found.has_rebooted,
    )


def _about(alert: Alert) -> About:
    if BLIND_LABEL in alert.labels:
        return About.MONITORING
    return About.MAIL if alert.labels.get("alertname") == UNDELIVERABLE else About.HOST

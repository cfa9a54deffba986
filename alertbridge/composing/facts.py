"""From a notice, and what is known about its alerts, to the facts that its mail is rendered from: pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import BLIND_LABEL, UNDELIVERABLE, is_truncation
from alertbridge.alerts.own import concerns_fleet
from alertbridge.composing.details import annotations_of, labels_of, runbook_of
from alertbridge.composing.newest_scrape import answers_no_longer
from alertbridge.composing.odd_alerts import odd_remarks
from alertbridge.composing.remarks import remarks_of
from alertbridge.mail.facts import About, AlertFacts, FleetFacts, HostFacts, Kind, Reader
from alertbridge.mail.fleet_facts import FleetOutage
from alertbridge.mail.host_facts import OutageDetails
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.outbox.schema import Purpose
from alertbridge.prometheus.findings import Findings, HostFindings, Subject
from alertbridge.routing.recipients import Classified

_LISTED_AT_MOST = 50
_KIND_OF_PURPOSE = {Purpose.DIGEST: Kind.DIGEST, Purpose.REMINDER: Kind.REMINDER}
_WORST_FIRST = (Kind.BLIND, Kind.DOWN, Kind.CRITICAL, Kind.WARN, Kind.INFO, Kind.ENDED, Kind.UP, Kind.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the notice itself.

    Attributes:
        classified: What each episode that it shows is, in its order.
        findings: What Prometheus says of their hosts.
        fleet: The hosts that the reader watches; None when that is not known.
        fleet_outages: Which of them were down under alerts about most hosts of a job.
        reader: Who the mail is for.
        now_unix_seconds: The moment of composing.
        mails_per_hour: How many the reader gets at most.
    """

    classified: Sequence[Classified]
    findings: Findings
    fleet: FleetFacts | None
    reader: Reader
    now_unix_seconds: float
    fleet_outages: tuple[FleetOutage, ...] = ()
    mails_per_hour: int = 0


def subjects_of(claim: Claim, classified: Sequence[Classified]) -> tuple[Subject, ...]:
    """Return what to look up for the mail of *claim*; for a digest or a reminder, when hosts were down."""
    if claim.purpose is Purpose.NEWS:
        subjects = (subject_of(one, claim.purpose) for one in claim.shown)
        return tuple(dict.fromkeys(subjects))
    down = (one for one, what in zip(claim.shown, classified, strict=True) if what.is_of_target)
    listed = sorted(down, key=lambda one: one.is_over)  # as the mail does, which still firing ones begin
    return tuple(dict.fromkeys(subject_of(one, claim.purpose) for one in listed))[:_LISTED_AT_MOST]


def facts_of(claim: Claim, known: Known) -> AlertFacts | SummaryFacts:
    """Return what the mail of *claim* says."""
    hosts = tuple(
        _host_facts(one, its, _found(one, claim, known), known.now_unix_seconds)
        for one, its in zip(claim.shown, known.classified, strict=True)
    )
    if claim.purpose is not Purpose.NEWS:
        told = list(zip((one.is_news for one in claim.shown), hosts, strict=True))
        return SummaryFacts(
            kind=_KIND_OF_PURPOSE[claim.purpose],
            incident_id=claim.incident_id,
            news=tuple(host for is_news, host in told if is_news),
            already_reported=tuple(host for is_news, host in told if not is_news),
            reader=known.reader,
            now_unix_seconds=known.now_unix_seconds,
            missing=known.findings.missing,
            mails_per_hour=known.mails_per_hour if claim.is_over_limit else None,
        )
    return AlertFacts(
        kind=min((one.kind for one in known.classified), key=_WORST_FIRST.index),
        title=claim.title,
        incident_id=claim.incident_id,
        hosts=hosts,
        reader=known.reader,
        now_unix_seconds=known.now_unix_seconds,
        due_unix_seconds=claim.created_unix_seconds,
        fleet=known.fleet,
        missing=known.findings.missing,
        fleet_outages=known.fleet_outages,
        remarks=(*remarks_of(claim, known.now_unix_seconds), *odd_remarks(claim.shown)),
    )


def _found(told: ReportedEpisode, claim: Claim, known: Known) -> HostFindings:
    return known.findings.hosts.get(subject_of(told, claim.purpose), HostFindings())


def last_answered(claim: Claim, facts: AlertFacts | SummaryFacts) -> dict[str, float]:
    """Return when each host of *facts* last answered before it died, by alert id, where that is known."""
    if isinstance(facts, SummaryFacts):
        return {}
    return {
        told.episode.alert_id: host.since_unix_seconds
        for told, host in zip(claim.shown, facts.hosts, strict=True)
        if host.since_unix_seconds is not None
    }


def subject_of(told: ReportedEpisode, purpose: Purpose) -> Subject:
    """Return what to look up about an episode in a mail of that *purpose*."""
    alert = told.episode.alert
    return Subject(
        instance=alert.labels.get("instance", ""),
        job=alert.labels.get("job", ""),
        fired_unix_seconds=alert.starts_unix_seconds,
        ended_unix_seconds=told.episode.ended_unix_seconds if told.is_over else None,
        is_brief=purpose is not Purpose.NEWS,
        is_fleet=_about(alert) is About.FLEET,
    )


def _host_facts(told: ReportedEpisode, classified: Classified, found: HostFindings, now: float) -> HostFacts:
    alert = told.episode.alert
    facts = HostFacts(
        name=classified.host or alert.labels.get("alertname", ""),
        address=alert.labels.get("instance", ""),
        is_over=told.is_over,
        means_down=classified.means_down,
        is_in_hosts=classified.is_in_hosts,
        is_other_target=classified.is_of_target and not classified.means_down,
        service=alert.labels.get("job", ""),
        alertname=alert.labels.get("alertname", ""),
        severity=classified.severity,
        unknown_severity=classified.unknown_severity,
        summary=alert.annotations.get("summary", ""),
        description=alert.annotations.get("description", ""),
        runbook_url=runbook_of(alert),
        graph_url=alert.generator_url,
        labels=labels_of(alert),
        annotations=annotations_of(alert),
        fired_unix_seconds=alert.starts_unix_seconds,
        ended_unix_seconds=told.episode.ended_unix_seconds if told.is_over else None,
        last_values=found.last_values,
        top_processes=found.top_processes,
        history=found.history,
        about=_about(alert),
        is_unwatched=told.is_over and told.episode.is_unwatched,
        watched_as=told.episode.watched_as,
        is_end_reconciled=told.is_over and told.episode.is_end_reconciled,
        is_correction=told.is_correction,
    )
    return _with_absence(facts, told, found, now) if classified.is_of_target else facts


def _with_absence(facts: HostFacts, told: ReportedEpisode, found: HostFindings, now: float) -> HostFacts:
    """Add since when the host has not answered and why, or when it was back and what it had done."""
    facts = replace(
        facts,
        since_unix_seconds=found.since_unix_seconds,
        back_unix_seconds=found.back_unix_seconds,
        outage=found.outage,
        last_day=found.last_day,
    )
    known_before = told.last_answered_unix_seconds
    if found.since_unix_seconds is None and known_before is not None and not found.outage.is_rough:
        # by now Prometheus does not know any more, so that what else it says of the outage is not whole
        facts = replace(facts, since_unix_seconds=known_before, outage=OutageDetails(is_rough=True))
    if not told.is_over:
        return replace(facts, reason=found.reason)
    is_gone = answers_no_longer(found.newest, found.back_unix_seconds or facts.ended_unix_seconds, now)
    return replace(
        facts,
        has_rebooted=found.has_rebooted,
        unanswered_unix_seconds=found.newest.unix_seconds if found.newest and is_gone else None,
    )


def _about(alert: Alert) -> About:
    if BLIND_LABEL in alert.labels:
        return About.MONITORING
    if concerns_fleet(alert):
        return About.FLEET
    if is_truncation(alert):
        return About.GROUP
    return About.MAIL if alert.labels.get("alertname") == UNDELIVERABLE else About.HOST

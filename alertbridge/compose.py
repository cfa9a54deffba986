"""From a claimed notice to the mail that tells it: facts are looked up, put in words, and addressed."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from alertbridge.alerts import Alert
from alertbridge.delivery.courier import Letter
from alertbridge.enrich.findings import Enricher, Findings, HostFindings, Subject
from alertbridge.instruments import Instruments
from alertbridge.mail import Mail
from alertbridge.outbox.message_ids import message_id
from alertbridge.outbox.notices import Claim
from alertbridge.outbox.told import ToldEpisode
from alertbridge.own_alerts import ADMINS, AUDIENCE_LABEL, BLIND_LABEL, UNDELIVERABLE
from alertbridge.rendering.cleaning import cleaned
from alertbridge.rendering.facts import About, AlertFacts, HostFacts, Kind, Reader
from alertbridge.rendering.plain import render_plain
from alertbridge.rendering.renderer import Rendered, Renderer
from alertbridge.routing import Routing, severity_of, watches
from alertbridge.users import UserSettings
from marax.clock import Clock

# Not "All" and no `Precedence: bulk`: the first suppresses bounces, the second hides mail in some programs
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
_LOOKED_UP_AT_MOST = 50  # as many as a mail lists
_WORST_FIRST = (Kind.BLIND, Kind.DOWN, Kind.CRITICAL, Kind.WARN, Kind.INFO, Kind.UP, Kind.OK)

logger = logging.getLogger("compose")


class MailComposer:
    """Writes the mail of a notice; *sender* is its From header."""

    def __init__(
        self,
        *,
        renderer: Renderer,
        enricher: Enricher,
        sender: str,
        clock: Clock,
        instruments: Instruments,
    ) -> None:
        self._renderer = renderer
        self._enricher = enricher
        self._sender = sender
        self._clock = clock
        self._instruments = instruments

    def compose(self, claim: Claim, routing: Routing) -> Letter:
        """Return the mail that tells *claim* to its user.

        Raises:
            LookupError: The settings do not have that user any more.
        """
        user = routing.user(claim.user_name)
        if user is None:
            raise LookupError(f"the settings have no user {claim.user_name!r}")
        subjects = {_subject(told): None for told in claim.told[:_LOOKED_UP_AT_MOST]}
        findings = self._enricher.look_up(tuple(subjects))
        hosts = tuple(_host_facts(told, findings, routing) for told in claim.told)
        facts = AlertFacts(
            kind=_kind_of(claim.told, routing),
            title=claim.title,
            incident_id=claim.incident_id,
            hosts=hosts,
            reader=replace(reader_of(user), told_because=_told_because(user, claim.told)),
            now_unix_seconds=self._clock.unix_seconds(),
            owed_unix_seconds=claim.created_unix_seconds,
            fleet=findings.fleet(lambda host: watches(user, host)),
            missing=findings.missing,
        )
        found_out = zip(claim.told, hosts, strict=True)
        return Letter(
            mail=self._addressed(claim, facts, self._rendered(facts)),
            kind=facts.kind.lower(),
            last_answered={
                told.episode.alert_id: host.since_unix_seconds
                for told, host in found_out
                if host.since_unix_seconds is not None
            },
        )

    def _rendered(self, facts: AlertFacts) -> Rendered:
        try:
            return self._renderer.render_alert(facts)
        except Exception:
            logger.exception("a mail could not be rendered; its plainest form goes out")
            self._instruments.template_fallbacks.inc()
            return render_plain(facts)

    def _addressed(self, claim: Claim, facts: AlertFacts, rendered: Rendered) -> Mail:
        root = message_id(claim.incident_id, claim.user_name, 0, self._sender)
        first = cleaned(facts.hosts[0])
        return Mail(
            sender=self._sender,
            recipient=facts.reader.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            message_id=message_id(claim.incident_id, claim.user_name, claim.sequence, self._sender),
            thread_root=root if claim.sequence else None,
            headers=AUTOMATIC
            | {
                "X-Marax-State": facts.kind,
                "X-Marax-Host": first.name if len(facts.hosts) == 1 else f"{len(facts.hosts)} hosts",
                "X-Marax-Alert": first.alertname,
                "X-Marax-Severity": first.severity,
                "X-Marax-Incident": facts.incident_id,
            },
            images=rendered.images,
        )


def reader_of(user: UserSettings) -> Reader:
    """Return *user* as the reader of a mail."""
    return Reader(
        name=user.name,
        address=user.email,
        timezone=ZoneInfo(user.timezone),
        told_because=user.told_because(),
    )


def _kind_of(told: Sequence[ToldEpisode], routing: Routing) -> Kind:
    """Return the kind of the worst that goes on, or of the end when all is over."""
    kinds = {routing.kind_of(one.episode.alert, is_over=one.is_over) for one in told}
    return min(kinds, key=_WORST_FIRST.index)


def _told_because(user: UserSettings, told: Sequence[ToldEpisode]) -> str:
    if all(one.episode.alert.labels.get(AUDIENCE_LABEL) == ADMINS for one in told):
        return "you are an admin"
    if all(BLIND_LABEL in one.episode.alert.labels for one in told):
        return "it concerns everybody who is told of critical alerts"
    return user.told_because()


def _about(alert: Alert) -> About:
    if BLIND_LABEL in alert.labels:
        return About.MONITORING
    return About.MAIL if alert.labels.get("alertname") == UNDELIVERABLE else About.HOST


def _subject(told: ToldEpisode) -> Subject:
    alert = told.episode.alert
    return Subject(
        instance=alert.labels.get("instance", ""),
        job=alert.labels.get("job", ""),
        fired_unix_seconds=alert.starts_unix_seconds,
        ended_unix_seconds=told.episode.ended_unix_seconds if told.is_over else None,
    )


def _host_facts(told: ToldEpisode, findings: Findings, routing: Routing) -> HostFacts:
    alert = told.episode.alert
    found = findings.hosts.get(_subject(told), HostFindings())
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
    )
    return _with_absence(facts, told, found) if routing.means_down(alert) else facts


def _with_absence(facts: HostFacts, told: ToldEpisode, found: HostFindings) -> HostFacts:
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

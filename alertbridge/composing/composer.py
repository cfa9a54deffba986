"""From a claimed notice to the mail that tells it: facts are looked up, put in words, and addressed."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from alertbridge.alerts.internal import ADMINS, AUDIENCE_LABEL, BLIND_LABEL
from alertbridge.composing.episode_facts import host_facts, subject_of
from alertbridge.delivery.courier import Letter
from alertbridge.mail.cleaning import cleaned
from alertbridge.mail.facts import AlertFacts, HostFacts, Kind, Reader
from alertbridge.mail.mail import Mail
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.metrics import Metrics
from alertbridge.outbox.message_ids import message_id
from alertbridge.outbox.notices import Claim
from alertbridge.outbox.schema import Purpose
from alertbridge.outbox.told import ReportedEpisode
from alertbridge.prometheus.findings import Enricher, HostFindings
from alertbridge.rendering.plain import render_plain
from alertbridge.rendering.renderer import Rendered, Renderer
from alertbridge.routing.recipients import Routing, watches
from alertbridge.routing.users import UserSettings
from marax.clock import Clock

# Not "All" and no `Precedence: bulk`: the first suppresses bounces, the second hides mail in some programs
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
_LOOKED_UP_AT_MOST = 50  # as many as a mail lists
_KIND_OF_PURPOSE = {Purpose.DIGEST: Kind.DIGEST, Purpose.REMINDER: Kind.REMINDER}
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
        metrics: Metrics,
    ) -> None:
        self._renderer = renderer
        self._enricher = enricher
        self._sender = sender
        self._clock = clock
        self._metrics = metrics

    def compose(self, claim: Claim, routing: Routing) -> Letter:
        """Return the mail that tells *claim* to its user.

        Raises:
            LookupError: The settings do not have that user any more.
        """
        user = routing.user(claim.user_name)
        if user is None:
            raise LookupError(f"the settings have no user {claim.user_name!r}")
        return (
            self._news(claim, routing, user)
            if claim.purpose is Purpose.NEWS
            else self._summary(claim, routing, user)
        )

    def _news(self, claim: Claim, routing: Routing, user: UserSettings) -> Letter:
        subjects = {subject_of(told): None for told in claim.told[:_LOOKED_UP_AT_MOST]}
        findings = self._enricher.look_up(tuple(subjects))
        hosts = tuple(
            host_facts(told, findings.hosts.get(subject_of(told), HostFindings()), routing)
            for told in claim.told
        )
        facts = AlertFacts(
            kind=_kind_of(claim.told, routing),
            title=claim.title,
            incident_id=claim.incident_id,
            hosts=hosts,
            reader=replace(reader_of(user), reason_for_mail=_reason_for_mail(user, claim)),
            now_unix_seconds=self._clock.unix_seconds(),
            owed_unix_seconds=claim.created_unix_seconds,
            fleet=findings.fleet(lambda host: watches(user, host)),
            missing=findings.missing,
        )
        found_out = zip(claim.told, hosts, strict=True)
        return Letter(
            mail=self._addressed(claim, facts, hosts, self._rendered(facts)),
            kind=facts.kind.lower(),
            last_answered={
                told.episode.alert_id: host.since_unix_seconds
                for told, host in found_out
                if host.since_unix_seconds is not None
            },
        )

    def _summary(self, claim: Claim, routing: Routing, user: UserSettings) -> Letter:
        """Put in words what many incidents came to; nothing is looked up for it."""
        told = [(one.is_news, host_facts(one, HostFindings(), routing)) for one in claim.told]
        facts = SummaryFacts(
            kind=_KIND_OF_PURPOSE[claim.purpose],
            incident_id=claim.incident_id,
            news=tuple(host for is_news, host in told if is_news),
            already_reported=tuple(host for is_news, host in told if not is_news),
            reader=replace(reader_of(user), reason_for_mail=_reason_for_mail(user, claim)),
            now_unix_seconds=self._clock.unix_seconds(),
        )
        mail = self._addressed(claim, facts, facts.alerts, self._rendered(facts))
        return Letter(mail=mail, kind=facts.kind.lower(), last_answered={})

    def _rendered(self, facts: AlertFacts | SummaryFacts) -> Rendered:
        try:
            return self._renderer.render(facts)
        except Exception:
            logger.exception("a mail could not be rendered; its plainest form goes out")
            self._metrics.template_fallbacks.inc()
            return render_plain(facts)

    def _addressed(
        self,
        claim: Claim,
        facts: AlertFacts | SummaryFacts,
        hosts: Sequence[HostFacts],
        rendered: Rendered,
    ) -> Mail:
        root = message_id(claim.incident_id, claim.user_name, 0, self._sender)
        first, names = cleaned(hosts[0]), {host.name for host in hosts}
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
                "X-Marax-Host": first.name if len(names) == 1 else f"{len(names)} hosts",
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
        reason_for_mail=user.reason_for_mail(),
    )


def _kind_of(told: Sequence[ReportedEpisode], routing: Routing) -> Kind:
    """Return the kind of the worst that goes on, or of the end when all is over."""
    kinds = {routing.kind_of(one.episode.alert, is_over=one.is_over) for one in told}
    return min(kinds, key=_WORST_FIRST.index)


def _reason_for_mail(user: UserSettings, claim: Claim) -> str:
    labels = [one.episode.alert.labels for one in claim.told]
    if all(its.get(AUDIENCE_LABEL) == ADMINS for its in labels):
        because = "you are an admin"
    elif all(BLIND_LABEL in its for its in labels):
        because = "it concerns everybody who is told of critical alerts"
    else:
        because = user.reason_for_mail()
    if claim.purpose is Purpose.REMINDER:
        return f"{because}, and want a reminder {user.remind_every_seconds}"
    is_late = claim.purpose is Purpose.DIGEST or claim.was_held
    return f"{because}; it was kept until your quiet hours were over" if is_late else because

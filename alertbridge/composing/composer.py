"""From a claimed notice to its mail, in one direction: facts, then words, then the address."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from alertbridge.alerts.own import concerns_fleet
from alertbridge.composing.addressing import addressed
from alertbridge.composing.facts import Known, facts_of, last_answered, subjects_of
from alertbridge.composing.not_yet import not_yet, subjects_to_check
from alertbridge.composing.reader import reader_of_notice
from alertbridge.delivery.composed_mail import ComposedMail, NotYet
from alertbridge.mail.facts import AlertFacts
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.claim import Claim
from alertbridge.prometheus.findings import Enricher, Findings, Subject
from alertbridge.rendering.plain import render_plain
from alertbridge.rendering.renderer import Rendered, Renderer
from alertbridge.routing.recipients import Classified, Routing, watches
from alertbridge.routing.users import UserSettings
from marax.clock import Clock

logger = logging.getLogger(__name__)


class MailComposer:
    """Writes the mail of a notice; *sender* is its From header.

    *clock_warning* returns what to say where clocks differ; by default nothing.
    """

    def __init__(  # noqa: PLR0913 - what a mail is made of
        self,
        *,
        renderer: Renderer,
        enricher: Enricher,
        sender: str,
        clock: Clock,
        metrics: Metrics,
        clock_warning: Callable[[], str] = str,
    ) -> None:
        self._renderer = renderer
        self._enricher = enricher
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._clock_warning = clock_warning

    def compose(self, claim: Claim, routing: Routing) -> ComposedMail | NotYet:
        """Return the mail of *claim* to its user, or that nothing of it is to be reported yet.

        Raises:
            LookupError: The settings do not have that user any more.
        """
        user = routing.user(claim.user_name)
        if user is None:
            raise LookupError(f"the settings have no user {claim.user_name!r}")
        classified = routing.classify((one.episode.alert, one.is_over) for one in claim.shown)
        subjects = dict.fromkeys((*subjects_to_check(claim, routing), *subjects_of(claim, classified)))
        findings = self._look_up(tuple(subjects))
        reasons = not_yet(claim, findings, routing, self._clock.unix_seconds())
        claim = claim.without(reasons, routing)
        if reasons and not claim.has_news:
            return NotYet(reason=next(iter(claim.left_out.values())))
        return self._composed(claim, findings, user, routing)

    def _look_up(self, subjects: Sequence[Subject]) -> Findings:
        return self._enricher.look_up(subjects) if subjects else Findings(hosts={})

    def _composed(
        self, claim: Claim, findings: Findings, user: UserSettings, routing: Routing
    ) -> ComposedMail:
        classified = routing.classify((one.episode.alert, one.is_over) for one in claim.shown)
        reader = reader_of_notice(user, claim, routing)
        if warning := self._clock_warning():
            findings = replace(findings, missing=(warning, *findings.missing))
        is_recipient = partial(watches, user)
        known = Known(
            classified=classified,
            findings=findings,
            fleet=findings.fleet(is_recipient) if _concerns_hosts(claim, classified) else None,
            reader=reader,
            now_unix_seconds=self._clock.unix_seconds(),
            mails_per_hour=routing.limits.mails_per_hour,
            fleet_outages=tuple(one.of(is_recipient) for one in findings.fleet_outages.values()),
        )
        facts = facts_of(claim, known)
        rendered = self._rendered(facts)
        return ComposedMail(
            mail=addressed(claim, facts, rendered, self._sender),
            kind=facts.kind.lower(),
            claim=claim,
            last_answered=last_answered(claim, facts),
        )

    def _rendered(self, facts: AlertFacts | SummaryFacts) -> Rendered:
        try:
            return self._renderer.render(facts)
        except Exception:
            logger.exception("could not render mail, sending its plain form")
            self._metrics.template_fallbacks.inc()
            return render_plain(facts)


def _concerns_hosts(claim: Claim, classified: Sequence[Classified]) -> bool:
    """Return whether all is about hosts in the settings: targets of other jobs are not counted as hosts."""
    its = zip(claim.shown, classified, strict=True)
    return all(what.is_in_hosts or concerns_fleet(one.episode.alert) for one, what in its)

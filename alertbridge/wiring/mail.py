"""Builds what writes mail and the ways by which it leaves, and what sends mail by hand."""

from pathlib import Path

from alertbridge.composing.composer import MailComposer
from alertbridge.composing.direct_mail import DirectMail
from alertbridge.config import BridgeSettings, Secrets
from alertbridge.delivery.courier import DeliveryConfig
from alertbridge.delivery.failover import CircuitBreaker, Failover, PrimaryTransport
from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailer import Dispatch, Mailer, NoLookup
from alertbridge.delivery.mailgun.lookup import MailgunLookup
from alertbridge.delivery.mailgun.mailer import MailgunMailer
from alertbridge.delivery.mailgun.settings import MailgunSettings
from alertbridge.delivery.smtp.mailer import SmtpMailer
from alertbridge.delivery.smtp.settings import SmtpSettings
from alertbridge.metrics import Metrics
from alertbridge.prometheus.cache import CachedEnricher
from alertbridge.prometheus.circuit_breaker import CircuitBreakerEnricher
from alertbridge.prometheus.findings import Enricher, NoPrometheus
from alertbridge.prometheus.queries import Prometheus
from alertbridge.rendering.renderer import Renderer
from marax.clock import Clock, SystemClock
from marax.settings.secret import Secret


def delivery_config_of(
    settings: BridgeSettings, secrets: Secrets, clock: Clock, metrics: Metrics
) -> DeliveryConfig:
    """Return what the courier works with."""
    composer = MailComposer(
        renderer=Renderer(),
        enricher=_enricher_of(settings, clock),
        sender=settings.sender(),
        clock=clock,
        metrics=metrics,
    )
    mailer = _ways_of(settings, secrets, clock, metrics)
    return DeliveryConfig(routing=settings.routing(), composer=composer, mailer=mailer)


def direct_mail_of(settings: BridgeSettings, secrets: Secrets, *, by_second: bool) -> DirectMail:
    """Return what sends mail by hand, past the outbox: by the first lane, or *by_second* if there is one."""
    clock = SystemClock()
    mailer: Mailer = _first_lane(settings, secrets, clock)
    if by_second and settings.smtp:
        mailer = smtp_lane(settings.smtp, secrets.smtp_password, clock)
    return DirectMail(renderer=Renderer(), mailer=mailer, sender=settings.sender(), clock=clock)


def _enricher_of(settings: BridgeSettings, clock: Clock) -> Enricher:
    """Return what finds out more about the hosts of a mail."""
    if settings.prometheus is None:
        return NoPrometheus()
    return CachedEnricher(CircuitBreakerEnricher(Prometheus(settings.prometheus.url, clock), clock), clock)


def _ways_of(settings: BridgeSettings, secrets: Secrets, clock: Clock, metrics: Metrics) -> Dispatch:
    """Return the ways by which mail leaves."""
    first = _first_lane(settings, secrets, clock)
    smtp = settings.smtp
    return with_smtp(first, smtp, secrets.smtp_password, clock, metrics) if smtp else first


def _first_lane(settings: BridgeSettings, secrets: Secrets, clock: Clock) -> PrimaryTransport:
    if settings.mailgun is None or secrets.mailgun_key is None:
        return maildir_lane(settings.maildir, clock)
    return mailgun_lane(settings.mailgun, secrets.mailgun_key, clock)


def maildir_lane(directory: Path, clock: Clock) -> PrimaryTransport:
    """Return the lane into a Maildir, which cannot be asked: there, a mail in doubt is written again."""
    return PrimaryTransport(MaildirMailer(directory, clock), NoLookup(), clock)


def mailgun_lane(settings: MailgunSettings, api_key: Secret, clock: Clock) -> PrimaryTransport:
    """Return the lane through Mailgun."""
    return PrimaryTransport(MailgunMailer(settings, api_key, clock), MailgunLookup(settings, api_key), clock)


def smtp_lane(settings: SmtpSettings, password: Secret | None, clock: Clock) -> SmtpMailer:
    """Return the lane through a mail server."""
    return SmtpMailer(settings, password, clock)


def with_smtp(
    first: PrimaryTransport, settings: SmtpSettings, password: Secret | None, clock: Clock, metrics: Metrics
) -> Failover:
    """Return *first*, with a mail server as the second lane."""
    trouble = CircuitBreaker(settings.after_seconds, clock)
    return Failover(first, smtp_lane(settings, password, clock), trouble, clock, metrics)

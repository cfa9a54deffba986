"""Builds what writes mail, the transports that carry it, and what sends mail by hand."""

from alertbridge.composing.composer import MailComposer
from alertbridge.composing.direct_mail import DirectMail
from alertbridge.config.settings import BridgeSettings, Secrets
from alertbridge.delivery.courier import DeliveryConfig
from alertbridge.delivery.failover import CircuitBreaker, Failover, PrimaryTransport
from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailer import Dispatch, Mailer, NoLookup
from alertbridge.delivery.mailgun.lookup import MailgunLookup
from alertbridge.delivery.mailgun.mailer import MailgunMailer
from alertbridge.delivery.smtp.mailer import SmtpMailer
from alertbridge.metrics.table import Metrics
from alertbridge.prometheus.cache import CachedEnricher
from alertbridge.prometheus.circuit_breaker import CircuitBreakerEnricher
from alertbridge.prometheus.clock_skew import ClockSkew
from alertbridge.prometheus.findings import Enricher, NoPrometheus
from alertbridge.prometheus.queries import Prometheus
from alertbridge.rendering.renderer import Renderer
from marax.clock import Clock, SystemClock


def delivery_config_of(
    settings: BridgeSettings, secrets: Secrets, clock: Clock, metrics: Metrics, skew: ClockSkew
) -> DeliveryConfig:
    """Return what the courier works with; mails say the *skew* of clocks."""
    composer = MailComposer(
        renderer=Renderer(),
        enricher=_enricher_of(settings, clock),
        sender=settings.sender(),
        clock=clock,
        metrics=metrics,
        clock_warning=skew.mail_words,
    )
    mailer = _dispatch(settings, secrets, clock, metrics)
    return DeliveryConfig(routing=settings.routing(), composer=composer, mailer=mailer)


def direct_mail_of(settings: BridgeSettings, secrets: Secrets, *, by_second: bool) -> DirectMail:
    """Return what sends mail by hand, bypassing the outbox: by the primary transport, or *by_second*."""
    clock = SystemClock()
    mailer: Mailer = _primary(settings, secrets, clock)
    if by_second and settings.smtp:
        mailer = SmtpMailer(settings.smtp, secrets.smtp_password, clock)
    return DirectMail(renderer=Renderer(), mailer=mailer, sender=settings.sender(), clock=clock)


def _enricher_of(settings: BridgeSettings, clock: Clock) -> Enricher:
    """Return what finds out more about the hosts of a mail."""
    if settings.prometheus is None:
        return NoPrometheus()
    prometheus = Prometheus(settings.prometheus.all_urls, clock)
    return CachedEnricher(CircuitBreakerEnricher(prometheus, clock), clock)


def _dispatch(settings: BridgeSettings, secrets: Secrets, clock: Clock, metrics: Metrics) -> Dispatch:
    """Return the primary transport, with failover to the mail server of `smtp:` if there is one."""
    primary = _primary(settings, secrets, clock)
    if settings.smtp is None:
        return primary
    secondary = SmtpMailer(settings.smtp, secrets.smtp_password, clock)
    breaker = CircuitBreaker(settings.smtp.after_seconds, clock)
    return Failover(primary, secondary, breaker, clock, metrics)


def _primary(settings: BridgeSettings, secrets: Secrets, clock: Clock) -> PrimaryTransport:
    """Return Mailgun, or else the Maildir, which cannot be asked: an ambiguous mail is written again."""
    mailgun, key = settings.mailgun, secrets.mailgun_key
    if mailgun is None or key is None:
        return PrimaryTransport(MaildirMailer(settings.maildir, clock), NoLookup(), clock)
    return PrimaryTransport(MailgunMailer(mailgun, key, clock), MailgunLookup(mailgun, key), clock)

"""Builds the ways by which mail leaves, and what sends mail by hand."""

from alertbridge.config import BridgeSettings, Secrets
from alertbridge.correspondence import Correspondence
from alertbridge.delivery.lanes import maildir_lane, mailgun_lane, smtp_lane, with_smtp
from alertbridge.delivery.mailer import Dispatch, Mailer
from alertbridge.delivery.one_lane import OneLane
from alertbridge.instruments import Instruments
from alertbridge.rendering.renderer import Renderer
from marax.clock import Clock, SystemClock


def ways_of(settings: BridgeSettings, secrets: Secrets, clock: Clock, instruments: Instruments) -> Dispatch:
    """Return the ways by which mail leaves."""
    first = _first_lane(settings, secrets, clock)
    smtp = settings.smtp
    return with_smtp(first, smtp, secrets.smtp_password, clock, instruments) if smtp else first


def correspondence_of(settings: BridgeSettings, secrets: Secrets, *, by_second: bool) -> Correspondence:
    """Return what sends mail by hand, past the outbox: by the first lane, or *by_second* if there is one."""
    clock = SystemClock()
    mailer: Mailer = _first_lane(settings, secrets, clock)
    if by_second and settings.smtp:
        mailer = smtp_lane(settings.smtp, secrets.smtp_password, clock)
    return Correspondence(renderer=Renderer(), mailer=mailer, sender=settings.sender(), clock=clock)


def _first_lane(settings: BridgeSettings, secrets: Secrets, clock: Clock) -> OneLane:
    if settings.mailgun is None or secrets.mailgun_key is None:
        return maildir_lane(settings.maildir, clock)
    return mailgun_lane(settings.mailgun, secrets.mailgun_key, clock)

"""The lanes there are: what sends, and what is asked about a mail in doubt."""

from pathlib import Path

from alertbridge.delivery.doubt import NoLookup
from alertbridge.delivery.failover import TwoLanes
from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailgun.lookup import MailgunLookup
from alertbridge.delivery.mailgun.mailer import MailgunMailer
from alertbridge.delivery.mailgun.settings import MailgunSettings
from alertbridge.delivery.one_lane import OneLane
from alertbridge.delivery.smtp.mailer import SmtpMailer
from alertbridge.delivery.smtp.settings import SmtpSettings
from alertbridge.delivery.trouble import Trouble
from alertbridge.metrics import Instruments
from marax.clock import Clock
from marax.settings.secret import Secret


def maildir_lane(directory: Path, clock: Clock) -> OneLane:
    """Return the lane into a Maildir, which cannot be asked: there, a mail in doubt is written again."""
    return OneLane(MaildirMailer(directory, clock), NoLookup(), clock)


def mailgun_lane(settings: MailgunSettings, api_key: Secret, clock: Clock) -> OneLane:
    """Return the lane through Mailgun."""
    return OneLane(MailgunMailer(settings, api_key, clock), MailgunLookup(settings, api_key), clock)


def smtp_lane(settings: SmtpSettings, password: Secret | None, clock: Clock) -> SmtpMailer:
    """Return the lane through a mail server."""
    return SmtpMailer(settings, password, clock)


def with_smtp(
    first: OneLane, settings: SmtpSettings, password: Secret | None, clock: Clock, instruments: Instruments
) -> TwoLanes:
    """Return *first*, with a mail server as the second lane."""
    trouble = Trouble(settings.after_seconds, clock)
    return TwoLanes(first, smtp_lane(settings, password, clock), trouble, clock, instruments)

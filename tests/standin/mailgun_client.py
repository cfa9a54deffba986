"""A mailer for the stand-in, with the little patience that tests have."""

from pathlib import Path

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.mailgun.mailer import MailgunMailer
from alertbridge.delivery.mailgun.settings import BaseUrl, MailDomain, MailgunSettings
from alertbridge.mail.address import Sender
from marax.clock import SystemClock
from marax.settings.secret import Secret

KEY = "key-5ecret0f7his7est"


def settings_for(url: str, domain: str = "mg.example.org") -> MailgunSettings:
    return MailgunSettings(
        domain=MailDomain(domain),
        sender=Sender("marax <alerts@mg.example.org>"),
        api_key_file=Path("mailgun.key"),
        base_url=BaseUrl(url),
    )


def a_mailer(
    url: str, *, key: str = KEY, domain: str = "mg.example.org", timeouts: Timeouts | None = None
) -> MailgunMailer:
    timeouts = timeouts or Timeouts(connect_seconds=5.0, silence_seconds=5.0, whole_seconds=10.0)
    return MailgunMailer(settings_for(url, domain), Secret(key), SystemClock(), timeouts)

"""What the settings say of Mailgun."""

import re
from pathlib import Path
from typing import Literal, Self

import msgspec

from alertbridge.mail.address import Sender
from alertbridge.prometheus.settings import HttpUrl

_SITES = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_EXPECTED_URL = "an http or https URL without /v3 at its end, such as https://api.mailgun.net"


class MailDomain(str):
    """The domain at Mailgun that mail is sent through."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return *value* when it is a domain name.

        Raises:
            ValueError: Saying what was expected.
        """
        if not isinstance(value, str) or not _DOMAIN.fullmatch(value):
            raise ValueError("a domain such as mg.example.org")
        return cls(value)


class BaseUrl(str):
    """Where the API is: all that stands before `/v3`."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return *value* when it is an http or https URL.

        Raises:
            ValueError: Saying what was expected.
        """
        try:
            url = HttpUrl.from_setting(value)
        except ValueError as error:
            raise ValueError(_EXPECTED_URL) from error
        if url.authorization is not None or url.path.endswith("/v3"):
            raise ValueError(_EXPECTED_URL)
        return cls(str(value).rstrip("/"))


class MailgunSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The account at Mailgun that sends.

    Attributes:
        domain: Which of the account's domains sends.
        sender: What the From header says.
        api_key_file: Holds the API key on one line; a domain sending key is enough.
        region: Which of Mailgun's two sites the domain was made at.
        webhook_signing_key_file: Holds the key with which Mailgun signs the events that it posts.
        base_url: Instead of the site of the region: a proxy, or a test.
    """

    domain: MailDomain
    sender: Sender = msgspec.field(name="from")
    api_key_file: Path
    region: Literal["us", "eu"] = "us"
    webhook_signing_key_file: Path | None = None
    base_url: BaseUrl | None = None

    def messages_url(self) -> str:
        """Return the URL that messages are posted to."""
        return f"{self._domain_url()}/messages"

    def events_url(self) -> str:
        """Return the URL of the events API."""
        return f"{self._domain_url()}/events"

    def _domain_url(self) -> str:
        return f"{self.base_url or _SITES[self.region]}/v3/{self.domain}"

"""What a transport for mail offers, and every outcome of one attempt."""

from dataclasses import dataclass
from typing import Protocol

from alertbridge.mail.mail import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider accepted the mail; *provider_id* is its name for it."""

    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyAccepted:
    """An earlier attempt turns out to have been accepted, as *provider_id*; nothing was sent now."""

    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The mail has surely not been sent; trying again cannot double it.

    Attributes:
        reason: Why.
        try_within_seconds: When to try again at the latest; None when that is not known.
        is_counted: Whether it counts as an attempt: with their number waits grow, and mails expire after one.
    """

    reason: str
    try_within_seconds: float | None = None
    is_counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """The mail may or may not have been sent; a retry must bear the same Message-Id."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportPaused:
    """Nothing goes through at present, whoever it is for; surely not sent.

    Attributes:
        reason: What the provider said, and the next step where there is one.
        for_seconds: How long to pause; None when the provider did not say.
    """

    reason: str
    for_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRefused:
    """This address cannot be written to; others can."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRefused:
    """This mail as it stands will never be accepted."""

    reason: str


Outcome = Accepted | NotSent | Ambiguous | TransportPaused | RecipientRefused | MessageRefused

_WORDS: dict[type[object], str] = {
    Accepted: "accepted",
    AlreadyAccepted: "taken_before",
    NotSent: "not_sent",
    Ambiguous: "ambiguous",
    TransportPaused: "lane_paused",
    RecipientRefused: "recipient_refused",
    MessageRefused: "message_refused",
}


def word_for(outcome: Outcome | AlreadyAccepted) -> str:
    """Return what *outcome* is called in the metrics."""
    return _WORDS[type(outcome)]


class Mailer(Protocol):
    """A transport for mail."""

    @property
    def name(self) -> str:
        """What logs call it: `Mailgun`, `SMTP server mx.example.org`."""
        ...

    def send(self, mail: Mail) -> Outcome:
        """Try once to send *mail*; what the provider does wrong is an outcome, never raised."""
        ...


class Dispatch(Protocol):
    """Sends by whatever transport is best, and resolves ambiguous mails."""

    def send(self, mail: Mail) -> Outcome:
        """Try once to send *mail*; what a provider does wrong is an outcome, never raised."""
        ...

    def send_again(self, mail: Mail, *, ambiguous_since_unix_seconds: float) -> Outcome | AlreadyAccepted:
        """Send *mail*, whose attempt that ended then was ambiguous, unless that one was accepted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The mail was accepted; *provider_id* is the provider's name for it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider does not know it, or not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """It could not be found out this time."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknowable:
    """It cannot be found out at all."""


Finding = Found | Absent | Unanswered | Unknowable


class Lookup(Protocol):
    """Looks for mails that may have been sent."""

    def find(self, message_id: str) -> Finding:
        """Return what is known of the mail with that Message-Id; trouble is a finding, never raised."""
        ...


class NoLookup:
    """For a provider that cannot be asked."""

    def find(self, _message_id: str) -> Finding:
        return Unknowable()

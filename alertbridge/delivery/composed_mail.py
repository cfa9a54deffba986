"""What becomes of a claimed notice: its mail, or that nothing of it is to be reported yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from alertbridge.mail.mail import Mail
from alertbridge.outbox.claim import Claim
from alertbridge.routing.recipients import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedMail:
    """The mail of a notice.

    Attributes:
        mail: What is sent.
        kind: Of mail, for the metrics.
        claim: The notice as the mail reports it, without what is not to be reported yet.
        last_answered: When each host that it is about last answered, by alert id, where that is known.
    """

    mail: Mail
    kind: str
    claim: Claim
    last_answered: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """Nothing of a notice is to be reported at present; *reason* says why, in words."""

    reason: str


class Composer(Protocol):
    """Writes the mail of a notice."""

    def compose(self, claim: Claim, routing: Routing) -> ComposedMail | NotYet: ...

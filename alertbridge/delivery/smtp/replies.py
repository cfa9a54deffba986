"""What a reply of a mail server means.

Sources: RFC 5321, section 4.2, and RFC 3463 for codes such as 5.7.1.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
)

_CLOSING = 421
_NOT_ALLOWED = re.compile(r"5\.7\.[0-9]+\b")


class Step(StrEnum):
    """What the server was asked for."""

    GREETING = "its greeting"
    TLS = "encryption"
    LOGIN = "a login"
    SENDER = "the sender"
    RECIPIENT = "the recipient"
    CONTENT = "the mail"


_NEXT_STEPS = {
    Step.GREETING: "check `host` and `port` under `smtp:`",
    Step.TLS: "check `port` and `starttls` under `smtp:`",
    Step.LOGIN: "check `user` and `password_file` under `smtp:`",
    Step.SENDER: "check `from` under `smtp:`, and whether the server lets this one send",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: a number of three digits, or -1, and some text."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        """Whether the server does as asked."""
        return self.code // 100 == 2  # noqa: PLR2004 - RFC 5321: positive completion


def outcome_of_end(site: str, reply: Reply) -> Outcome:
    """Return what came of a mail to whose end the server at *site* replied."""
    if reply.is_good:
        return Accepted(provider_id=f"{site}: {reply.text}")
    if reply.code // 100 in (4, 5):
        return outcome_of_refusal(site, Step.CONTENT, reply)
    return Ambiguous(reason=f"{site} said {reply.code} to the mail: {reply.text or 'nothing'}")


def outcome_of_refusal(site: str, step: Step, reply: Reply) -> Outcome:
    """Return what it means for the mail that the server at *site* does not want it, or us."""
    reason = f"{site}, asked for {step}, said {reply.code}: {reply.text or 'nothing'}"
    if step in _NEXT_STEPS:
        return TransportPaused(reason=f"{reason}; {_NEXT_STEPS[step]}")
    match reply.code // 100, step:
        case _ if reply.code == _CLOSING:
            return TransportPaused(reason=reason)
        case 5, Step.RECIPIENT if _NOT_ALLOWED.search(reply.text):
            # Relaying denied, or a policy: it says more of us than of the address
            return NotSent(reason=f"{reason}; check that the server relays for this one")
        case 5, Step.RECIPIENT:
            return RecipientRefused(reason=reason)
        case 5, _:
            return MessageRefused(reason=reason)
        case _:
            return NotSent(reason=reason)

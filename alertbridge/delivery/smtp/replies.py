"""What a mail server's reply means.

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
    """The command that the server replied to."""

    GREETING = "EHLO"
    TLS = "STARTTLS"
    LOGIN = "AUTH"
    SENDER = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    CONTENT = "DATA"


_NEXT_STEPS = {
    Step.GREETING: "check `host` and `port` under `smtp:`",
    Step.TLS: "check `port` and `starttls` under `smtp:`",
    Step.LOGIN: "check `user` and `password_file` under `smtp:`",
    Step.SENDER: "check `from` under `smtp:`, and whether the server lets this host send",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: a number of three digits and some text; -1 where it replied nothing of the sort."""

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
    """Return what it means for the mail that the server at *site* refused that *step*."""
    said = f"{site} said {reply.code}: " if reply.code > 0 else f"{site}: "
    reason = f"{said}{reply.text or 'nothing'} (at {step})"
    if step in _NEXT_STEPS:
        return TransportPaused(reason=f"{reason}; {_NEXT_STEPS[step]}")
    match reply.code // 100, step:
        case _ if reply.code == _CLOSING:
            return TransportPaused(reason=reason)
        case 5, Step.RECIPIENT if _NOT_ALLOWED.search(reply.text):
            # Relaying denied, or a policy: it says more of us than of the address
            return NotSent(reason=f"{reason}; check that the server relays mail from this host")
        case 5, Step.RECIPIENT:
            return RecipientRefused(reason=reason)
        case 5, _:
            return MessageRefused(reason=reason)
        case _:
            return NotSent(reason=reason)

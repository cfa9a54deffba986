"""What a mail server's reply means for the mail."""

from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
)
from alertbridge.delivery.quoting import quoted
from alertbridge.delivery.smtp.complaints import About, Reply, Step, about


def outcome_of_end(site: str, reply: Reply) -> Outcome:
    """Return what came of a mail to whose end the server at *site* replied."""
    if reply.is_good:
        return Accepted(provider_id=f"{site}: {quoted(reply.text)}")
    if reply.code // 100 in (4, 5):
        return outcome_of_refusal(site, Step.END, reply)
    return Ambiguous(reason=f"{site} said {reply.code} to the mail: {quoted(reply.text) or 'nothing'}")


def outcome_of_refusal(site: str, step: Step, reply: Reply) -> Outcome:
    """Return what it means for the mail that the server at *site* refused that *step*.

    What is about us pauses the transport, as it holds for all mails.
    """
    said = f"{site} said {reply.code}: " if reply.code > 0 else f"{site}: "
    reason = f"{said}{quoted(reply.text) or 'nothing'} (at {step})"
    match about(step, reply):
        case About.ADDRESS:
            return RecipientRefused(reason=reason)
        case About.MESSAGE:
            return MessageRefused(reason=reason)
        case About.UNCLEAR:
            return NotSent(reason=reason)
        case us:
            return TransportPaused(reason=f"{reason}; {us.value}")

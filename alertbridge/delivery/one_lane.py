"""A single way of sending, which is asked about a mail in doubt before it is sent again."""

from alertbridge.delivery.doubt import Finding, Found, Lookup, Unanswered
from alertbridge.delivery.mailer import Mailer, NotSent, Outcome, TakenBefore
from alertbridge.mail.mail import Mail
from marax.clock import Clock

_WORTH_ASKING_SECONDS = 300.0


class OneLane:
    """Sends by *mailer*; *lookup* says which mails in doubt it had taken. Threads may share it."""

    def __init__(self, mailer: Mailer, lookup: Lookup, clock: Clock) -> None:
        self._mailer = mailer
        self._lookup = lookup
        self._clock = clock

    def send(self, mail: Mail) -> Outcome:
        return self._mailer.send(mail)

    def find(self, message_id: str) -> Finding:
        """Return what the far side knows of a mail in doubt."""
        return self._lookup.find(message_id)

    def send_again(self, mail: Mail, *, doubt_unix_seconds: float) -> Outcome | TakenBefore:
        match self.find(mail.message_id):
            case Found(provider_id=provider_id):
                return TakenBefore(provider_id=provider_id)
            case Unanswered(reason=reason) if self._age(doubt_unix_seconds) < _WORTH_ASKING_SECONDS:
                return NotSent(reason=f"it may have been sent: {reason}")
            case _:
                return self._mailer.send(mail)

    def _age(self, unix_seconds: float) -> float:
        return abs(self._clock.unix_seconds() - unix_seconds)

"""A transport that keeps what it was given."""

from typing import Any

from alertbridge.delivery.mailer import Accepted, Outcome
from alertbridge.delivery.mime import UnfitMailError, fit
from alertbridge.mail.mail import Mail


class FakeMailer:
    """Answers with the outcomes that a test asked for, one an attempt, and otherwise accepts.

    Attributes:
        name: As in logs.
        tried: Every mail that `send` was called with, in order.
        accepted: Those that it accepted, as they would arrive.
    """

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.tried: list[Mail] = []
        self.accepted: list[Mail] = []
        self._next: list[Outcome] = []
        self._always: Outcome | None = None

    def answer_next(self, *outcomes: Outcome) -> None:
        """Answer the next attempts with *outcomes*, before anything else."""
        self._next += outcomes

    def answer_always(self, outcome: Outcome) -> None:
        """Answer every further attempt with *outcome*, until `accept_again`."""
        self._always = outcome

    def accept_again(self) -> None:
        """Accept every further attempt."""
        self._next, self._always = [], None

    def send(self, mail: Mail) -> Outcome:
        self.tried.append(mail)
        try:
            mail = fit(mail)
        except UnfitMailError as error:
            return error.outcome
        outcome = self._next.pop(0) if self._next else self._always
        if outcome is None:
            outcome = Accepted(provider_id=mail.message_id)
        if isinstance(outcome, Accepted):
            self.accepted.append(mail)
        return outcome


def a_mail(**changes: Any) -> Mail:
    """Return a mail that any transport takes, but for *changes*."""
    usual: dict[str, Any] = {
        "sender": "marax <alerts@mg.example.org>",
        "recipient": "ann@example.org",
        "subject": "[DOWN] web-1",
        "text": "web-1 has not answered for 3 min.\n",
        "html": "<p>web-1 has not answered for 3 min.</p>\n",
        "message_id": "<inc-1.ann@mg.example.org>",
        "headers": {"Auto-Submitted": "auto-generated", "X-Marax-Incident": "inc-1"},
    }
    return Mail(**(usual | changes))

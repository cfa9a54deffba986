"""A courier whose Mailgun is out of reach, so that mail leaves by a mail server."""

from pathlib import Path

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.failover import CircuitBreaker, Failover, PrimaryTransport
from alertbridge.delivery.mailer import NotSent
from alertbridge.delivery.smtp.mailer import SmtpMailer
from alertbridge.delivery.smtp.settings import SmtpSettings
from marax.settings.secret import Secret
from tests.alertbridge.delivery.post import Post

PASSWORD = "pass-5ecret"


class SmtpPost(Post):
    """A courier on a real outbox, with failover to the mail server of *settings*; Mailgun is a fake."""

    def __init__(self, path: Path, settings: SmtpSettings) -> None:
        super().__init__(path)
        self.lose_mailgun()
        self._breaker = CircuitBreaker(1.0, self.clock)
        self.use(settings)

    def lose_mailgun(self) -> None:
        """Let Mailgun be out of reach."""
        self.mailer.answer_always(NotSent(reason="the mail did not reach api.mailgun.net: timed out"))

    def use(self, settings: SmtpSettings) -> None:
        """Take up changed settings of the mail server."""
        timeouts = Timeouts(connect_seconds=10.0, silence_seconds=20.0, whole_seconds=30.0)
        failover = Failover(
            PrimaryTransport(self.mailer, self.records, self.clock),
            SmtpMailer(settings, Secret(PASSWORD), self.clock, timeouts),
            self._breaker,
            self.clock,
            self.metrics,
        )
        self.dispatch = lambda: failover

"""Mail through a mail server, by SMTP."""

from base64 import b64encode
from dataclasses import replace
from email.utils import parseaddr

from alertbridge.delivery.deadline import DEFAULT_TIMEOUTS, Timeouts, run_with_deadline
from alertbridge.delivery.mailer import Accepted, Ambiguous, NotSent, Outcome, TransportPaused
from alertbridge.delivery.mime import UnfitMailError, email_message
from alertbridge.delivery.quoting import quoted
from alertbridge.delivery.smtp.complaints import Reply, Step, may_depend_on_recipient
from alertbridge.delivery.smtp.replies import outcome_of_end, outcome_of_refusal
from alertbridge.delivery.smtp.session import Envelope, RefusedError, SmtpSession
from alertbridge.delivery.smtp.settings import SmtpSettings
from alertbridge.delivery.smtp.standing import Standing
from alertbridge.mail.mail import Mail
from marax.clock import Clock
from marax.settings.secret import Secret


class SmtpMailer:
    """Hands each mail to the server over a connection of its own; threads may share it.

    The server's certificate must be good for `host`, by the authorities that OpenSSL trusts.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        password: Secret | None,
        clock: Clock,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        self.name = f"SMTP server {settings.host}"
        self._settings = settings
        self._password = password or Secret("")
        self._clock = clock
        self._timeouts = timeouts
        self._standing = Standing(clock)

    def send(self, mail: Mail) -> Outcome:
        mail = replace(mail, sender=self._settings.sender or mail.sender)
        try:
            content = email_message(mail, self._clock.unix_seconds()).as_bytes()
        except UnfitMailError as error:
            return error.outcome
        passed_over = self._standing.passed_over(mail.recipient)
        if passed_over is not None:
            return passed_over
        envelope = Envelope(sender=parseaddr(mail.sender)[1], recipient=mail.recipient, content=content)
        try:
            return run_with_deadline(self._timeouts.whole_seconds, lambda: self._outcome(envelope))
        except OSError as error:
            return self._outcome_without_reply(error, envelope)

    def _outcome(self, envelope: Envelope) -> Outcome:
        site = self._settings.site()
        step = Step.END
        try:
            with SmtpSession(self._settings, self._password, self._timeouts) as session:
                reply = self._cleaned(session.hand_over(envelope))
                outcome = outcome_of_end(site, reply)
        except RefusedError as refusal:
            step, reply = refusal.step, self._cleaned(refusal.reply)
            outcome = outcome_of_refusal(site, step, reply)
        match outcome:
            case Accepted():
                self._standing.note_accepted()
            case TransportPaused() if may_depend_on_recipient(step, reply):
                return self._standing.narrowed(envelope.recipient, outcome)
        return outcome

    def _outcome_without_reply(self, error: OSError, envelope: Envelope) -> Outcome:
        site = self._settings.site()
        said = quoted(self._without_password(error.strerror or str(error) or "timed out"))
        if envelope.end.has_left():
            return Ambiguous(reason=f"{site} did not reply after the mail was sent: {said}")
        return NotSent(reason=f"the mail did not reach {site}: {said}")

    def _cleaned(self, reply: Reply) -> Reply:
        return Reply(reply.code, self._without_password(reply.text))

    def _without_password(self, text: str) -> str:
        password = self._password.reveal()
        if not password:
            return text
        login = f"\0{self._settings.user}\0{password}"
        for spelled in (password, _base64(password), _base64(login)):
            text = text.replace(spelled, "***")
        return text


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()

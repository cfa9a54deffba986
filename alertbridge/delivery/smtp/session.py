"""One connection to a mail server: what is said over it, up to the end of one mail."""

import io
import re
import smtplib
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.smtp.complaints import Reply, Step
from alertbridge.delivery.smtp.hello import own_name
from alertbridge.delivery.smtp.settings import TLS_PORT, SmtpSettings
from marax.settings.secret import Secret

_MOST_SAID_BYTES = 64 * 1024
_GO_ON = 354
_LEADING_DOT = re.compile(rb"(?m)^\.")


class RefusedError(Exception):
    """The server refused a *step* before the end of the mail; *reply* says why."""

    def __init__(self, step: Step, reply: Reply) -> None:
        super().__init__(reply.text)
        self.step = step
        self.reply = reply


class End:
    """The full stop of a mail. The server cannot act on the mail while this is still here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_withheld = False
        self._has_left = False

    def leave(self, send: Callable[[bytes], object]) -> None:
        """Go out by *send*, unless the attempt was abandoned."""
        with self._lock:
            if self._is_withheld:
                raise TimeoutError("the attempt was abandoned")
            self._has_left = True
        send(b".\r\n")

    def has_left(self) -> bool:
        """Return whether it was handed to the network; if not, it never will be."""
        with self._lock:
            self._is_withheld = True
            return self._has_left


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A mail on its way; the content's lines end in LF."""

    sender: str
    recipient: str
    content: bytes
    end: End = field(default_factory=End)


class SmtpSession:
    """A connection that is encrypted and logged in as far as the settings ask for it."""

    def __init__(self, settings: SmtpSettings, password: Secret, timeouts: Timeouts) -> None:
        """Connect.

        Raises:
            RefusedError: The server refused us.
            OSError: There is no such server, or not the right one.
        """
        self._smtp = _reached(settings, timeouts)
        try:
            if settings.starttls and settings.port != TLS_PORT:
                self._encrypt()
            if settings.user is not None:
                self._log_in(settings.user, password)
        except BaseException:
            self.close()
            raise

    def hand_over(self, envelope: Envelope) -> Reply:
        """Return the server's reply to the end of the mail.

        Raises:
            RefusedError: The server refused the mail before its end.
            OSError: No reply came; the envelope's end says whether it had left.
        """
        smtp = self._smtp
        _expect(Step.SENDER, smtp.mail(envelope.sender))
        _expect(Step.RECIPIENT, smtp.rcpt(envelope.recipient))
        reply = _reply(smtp.docmd("DATA"))
        if reply.code != _GO_ON:
            raise RefusedError(Step.CONTENT, reply)
        # A line that is a dot alone would end the mail
        smtp.send(_LEADING_DOT.sub(b"..", envelope.content).replace(b"\n", b"\r\n"))
        envelope.end.leave(smtp.send)
        reply = _reply(smtp.getreply())
        with suppress(OSError):
            smtp.putcmd("QUIT")
        return reply

    def close(self) -> None:
        """Let go of the connection."""
        self._smtp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _encrypt(self) -> None:
        if not self._smtp.has_extn("starttls"):
            raise RefusedError(Step.TLS, Reply(-1, "STARTTLS is not offered"))
        try:
            self._smtp.starttls(context=ssl.create_default_context())
        except smtplib.SMTPResponseException as error:
            raise RefusedError(Step.TLS, _reply((error.smtp_code, error.smtp_error))) from error
        _expect(Step.HELLO, self._smtp.ehlo())

    def _log_in(self, user: str, password: Secret) -> None:
        try:
            self._smtp.login(user, password.reveal())
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as error:
            raise RefusedError(Step.LOGIN, _reply((error.smtp_code, error.smtp_error))) from error
        except smtplib.SMTPException as error:
            raise RefusedError(Step.LOGIN, Reply(-1, "no login method in common")) from error
        except UnicodeEncodeError as error:
            reply = Reply(-1, "the user or password is not ASCII, which AUTH does not allow")
            raise RefusedError(Step.LOGIN, reply) from error


class _Bounded:
    """Reads no more of a server's replies than any server has to say."""

    file: Any
    sock: Any

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = _Limited(self.sock.makefile("rb"))
        return super().getreply()  # type: ignore[misc,no-any-return]  # that of smtplib.SMTP


class _Plain(_Bounded, smtplib.SMTP):
    pass


class _Encrypted(_Bounded, smtplib.SMTP_SSL):
    pass


class _Limited:
    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._left_bytes = _MOST_SAID_BYTES

    def readline(self, limit: int) -> bytes:
        line = self._file.readline(limit)
        self._left_bytes -= len(line)
        if self._left_bytes < 0:
            raise OSError("its replies are too long")
        return line

    def close(self) -> None:
        self._file.close()


def _reached(settings: SmtpSettings, timeouts: Timeouts) -> smtplib.SMTP:
    """Return a connection on which both sides have said who they are."""
    where: tuple[str, int, str] = (settings.host, settings.port, "")  # what EHLO says is set below
    try:
        if settings.port == TLS_PORT:
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = _Encrypted(*where, timeout=timeouts.connect_seconds, context=context)
        else:
            smtp = _Plain(*where, timeout=timeouts.connect_seconds)
    except smtplib.SMTPResponseException as error:
        raise RefusedError(Step.GREETING, _reply((error.smtp_code, error.smtp_error))) from error
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(timeouts.silence_seconds)
            smtp.local_hostname = settings.hello or own_name(smtp.sock.getsockname()[0])
        _expect(Step.HELLO, smtp.ehlo())
    except BaseException:
        smtp.close()
        raise
    return smtp


def _expect(step: Step, said: tuple[int, bytes]) -> None:
    reply = _reply(said)
    if not reply.is_good:
        raise RefusedError(step, reply)


def _reply(said: tuple[int, bytes | str]) -> Reply:
    code, text = said
    return Reply(code, text if isinstance(text, str) else text.decode(errors="replace"))

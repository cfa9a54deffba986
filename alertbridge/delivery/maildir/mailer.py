"""Mail into a Maildir on this machine: for a start without a mail service, and for demonstrations."""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from alertbridge.delivery.mailer import Accepted, Ambiguous, NotSent, Outcome
from alertbridge.delivery.mime import UnfitMailError, email_message
from alertbridge.mail.mail import Mail
from marax.clock import Clock


class MaildirMailer:
    """Delivers every mail, whoever it is for, into one Maildir that mutt and its like open.

    A mail appears whole or not at all (https://cr.yp.to/proto/maildir.html), also when the process is
    killed, the power fails or the disk is full; the standard library's `mailbox` promises less.
    """

    name = "Maildir"

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    def send(self, mail: Mail) -> Outcome:
        now = self._clock.unix_seconds()
        try:
            message = email_message(mail, now).as_bytes()
        except UnfitMailError as error:
            return error.outcome
        name = f"{int(now)}.R{secrets.token_hex(8)}.{_host_name()}"
        try:
            self._deliver(message, name)
        except OSError as error:
            return NotSent(reason=f"cannot write to the Maildir {self._directory}: {error.strerror}")
        try:
            _make_lasting(self._directory / "new")
        except OSError as error:
            return Ambiguous(reason=f"{self._directory}/new/{name} may not survive a crash: {error.strerror}")
        return Accepted(provider_id=name)

    def _deliver(self, message: bytes, name: str) -> None:
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        for directory in (self._directory, *(self._directory / part for part in ("tmp", "new", "cur"))):
            directory.mkdir(mode=0o700, exist_ok=True)
        unfinished = self._directory / "tmp" / name
        try:
            with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._directory / "new" / name)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise


def _make_lasting(directory: Path) -> None:
    """Put the names in *directory* on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _host_name() -> str:
    return socket.gethostname().replace("/", r"\057").replace(":", r"\072")

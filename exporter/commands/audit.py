"""The audit log: who ran which command, and its outcome, one line of JSON each."""

import json
import logging
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from marax.clock import Clock

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MODE = 0o640
_LONGEST_VALUE = 4096

logger = logging.getLogger(__name__)


class AuditError(Exception):
    """A line could not be stored: nothing may be run; says why."""


class Audit(Protocol):
    """Where lines are stored for good; see `FileAudit`."""

    def note(self, event: str, fields: Mapping[str, object]) -> None:
        """Store that *event* happened; AuditError if it could not be."""
        ...


class FileAudit:
    """Appends to *path*, and returns when the line is on the disk.

    The file is opened for each line, so that it may be moved away at any time. It is made for its owner and
    group only, and never reached by way of a symbolic link.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()

    def note(self, event: str, fields: Mapping[str, object]) -> None:
        moment = datetime.fromtimestamp(self._clock.unix_seconds(), UTC).isoformat(timespec="milliseconds")
        line = as_line({"time": moment.replace("+00:00", "Z"), "event": event, **fields})
        with self._lock:
            try:
                _append(self._path, line)
            except OSError as error:
                raise AuditError(f"{self._path}: {error.strerror}") from error


class LogAudit:
    """Writes to the log of the program, for those who keep that."""

    def note(self, event: str, fields: Mapping[str, object]) -> None:
        logger.info("command", extra={"entry": as_line({"event": event, **fields}).decode().rstrip()})


def as_line(fields: Mapping[str, object]) -> bytes:
    """Return *fields* as one line of JSON in ASCII, whatever is in them; what is too long is cut."""
    return json.dumps({name: _cut(value) for name, value in fields.items()}).encode() + b"\n"


def _cut(value: object) -> object:
    text = json.dumps(value)
    return value if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, _FLAGS, _MODE)
    try:
        size = os.fstat(descriptor).st_size
        if os.write(descriptor, line) < len(line):
            with suppress(OSError):
                os.ftruncate(descriptor, size)
            raise OSError(None, "no space for a whole line")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

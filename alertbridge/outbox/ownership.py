"""One bridge per database: two would each take the other's mail for lost."""

import fcntl
import os
from pathlib import Path

from sqlalchemy.engine import make_url

from alertbridge.outbox.database import StoreError


class Ownership:
    """Holds a lock beside the database's file for as long as this process lives, however it ends."""

    def __init__(self, url: str) -> None:
        """Take the lock of the database at *url*.

        Raises:
            StoreError: Another process has it, or it cannot be made.
        """
        path = Path(f"{make_url(url).database}.lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot open {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise StoreError("another marax-alertbridge is using it; stop that one first") from error

    def release(self) -> None:
        """Let another process have the database."""
        os.close(self._descriptor)

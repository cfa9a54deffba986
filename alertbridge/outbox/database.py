"""The database: opened durably, one writer at a time, of a known schema version, owned by one bridge."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from alertbridge.outbox import schema
from alertbridge.outbox.migrations import UnknownSchemaError, migrate

_LOCK_WAIT_MILLISECONDS = 5000


class StoreError(Exception):
    """The database cannot be read or written at present; nothing of the failed transaction is kept."""


class Database:
    """A SQLite database whose transactions survive a crash of the program and of the machine.

    WAL with synchronous=FULL: a commit is on the disk before it returns. Each transaction begins IMMEDIATE,
    so that what it reads stays true until it commits.
    """

    def __init__(self, url: str) -> None:
        """Take the SQLAlchemy *url*; nothing is opened yet.

        Raises:
            StoreError: The URL is not one that can be used.
        """
        try:
            if make_url(url).get_backend_name() != "sqlite":
                raise StoreError("only sqlite:// databases are supported")
            self._engine = create_engine(url)
        except (ArgumentError, NoSuchModuleError) as error:
            raise StoreError(
                "the database must be a URL such as sqlite:////var/lib/marax/bridge.db"
            ) from error
        _make_durable(self._engine)
        self._reading_engine = self._engine.execution_options(begin="DEFERRED")

    def prepare(self) -> None:
        """Create missing tables, and migrate those of an earlier version.

        A missing file is created so that only its owner can read it, whatever the umask; SQLite gives the
        files beside it the same mode.

        Raises:
            StoreError: The database cannot be written, or is of a later version.
        """
        _create_private(self._engine.url.database)
        with self.transaction() as connection:
            try:
                migrate(connection)
            except UnknownSchemaError as error:
                raise StoreError(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together, or not at all.

        Raises:
            StoreError: The database is locked, full, read-only, corrupt or gone.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            self._engine.dispose()  # SQLite never writes through what was opened while the file was read-only
            raise StoreError(str(error.orig)) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that reads a consistent snapshot and waits for no writer.

        Raises:
            StoreError: The database is corrupt or gone.
        """
        try:
            with self._reading_engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise StoreError(str(error.orig)) from error

    def check_writable(self) -> None:
        """Return if a change can be stored now.

        Raises:
            StoreError: It cannot.
        """
        with self.transaction() as connection:
            row = schema.meta.c.key == "probe"
            connection.execute(schema.meta.delete().where(row))
            connection.execute(schema.meta.insert().values(key="probe", value=""))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def database_exists(url: str) -> bool:
    """Return whether the database at the SQLAlchemy *url* exists already."""
    return Path(make_url(url).database or "").exists()


def _create_private(path: str | None) -> None:
    """Create the file at *path* if it is missing; where it cannot be, SQLite says why."""
    if not path or path == ":memory:":
        return
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _make_durable(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the sqlite3 module must not begin transactions of its own
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_LOCK_WAIT_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_immediate(connection: Connection) -> None:
        manner = connection.get_execution_options().get("begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {manner}")


class Ownership:
    """A lock beside the database's file, held until this process ends, however it ends."""

    def __init__(self, url: str) -> None:
        """Take the lock of the database at *url*.

        Raises:
            StoreError: Another process holds it, or it cannot be created.
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
            raise StoreError("it is in use by another marax-alertbridge; stop that one first") from error

    def release(self) -> None:
        """Release the lock, so that another process can use the database."""
        os.close(self._descriptor)

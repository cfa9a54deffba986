"""The heartbeat's pulse in the database."""

import json

from sqlalchemy import select

from alertbridge.heartbeat import Pulse
from alertbridge.outbox.database import Database
from alertbridge.outbox.schema import meta

_KEY = "pulse"


class Pulses:
    """Keeps one pulse."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read_pulse(self) -> Pulse | None:
        """Return the pulse; None before the first.

        Raises:
            StoreError: It cannot be read.
        """
        with self._database.reading() as connection:
            value = connection.scalar(select(meta.c.value).where(meta.c.key == _KEY))
        return None if value is None else Pulse(**json.loads(value))

    def write_pulse(self, pulse: Pulse) -> None:
        """Keep *pulse* in the place of the one before.

        Raises:
            StoreError: It cannot be written.
        """
        fields = {"last_unix_seconds": pulse.last_unix_seconds, "silent_seconds": pulse.silent_seconds}
        with self._database.transaction() as connection:
            connection.execute(meta.delete().where(meta.c.key == _KEY))
            connection.execute(meta.insert().values(key=_KEY, value=json.dumps(fields)))

"""The heartbeat's record in the database: a restart neither hides a silence nor raises a false alarm."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import select

from alertbridge.outbox.database import Database
from alertbridge.outbox.schema import meta

_KEY = "pulse"  # as earlier versions have written it


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatRecord:
    """When the heartbeat was last received, and how long it has been missing.

    Attributes:
        last_unix_seconds: When it last came, or when the bridge first waited for it.
        silent_seconds: For how long it has not come, counting only the time in which the bridge ran.
        evaluated_unix_seconds: Prometheus' newest evaluation that a heartbeat has brought; 0 before.
    """

    last_unix_seconds: float
    silent_seconds: float = 0.0
    evaluated_unix_seconds: float = 0.0


class HeartbeatRecords:
    """Stores the latest record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> HeartbeatRecord | None:
        """Return the latest record; None before the first.

        Raises:
            StoreError: It cannot be read.
        """
        with self._database.reading() as connection:
            value = connection.scalar(select(meta.c.value).where(meta.c.key == _KEY))
        return None if value is None else HeartbeatRecord(**json.loads(value))

    def write(self, record: HeartbeatRecord) -> None:
        """Replace the latest record by *record*.

        Raises:
            StoreError: It cannot be written.
        """
        with self._database.transaction() as connection:
            connection.execute(meta.delete().where(meta.c.key == _KEY))
            connection.execute(meta.insert().values(key=_KEY, value=json.dumps(asdict(record))))

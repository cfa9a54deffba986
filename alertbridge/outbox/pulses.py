"""The heartbeat's pulse in the database."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import select

from alertbridge.outbox.database import Database
from alertbridge.outbox.schema import meta

_KEY = "pulse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What is known of the heartbeat; stored, so that a restart neither forgets nor cries wolf.

    Attributes:
        last_unix_seconds: When it last came, or when the bridge first waited for it.
        silent_seconds: For how long it has not come, counting only the time in which the bridge ran.
    """

    last_unix_seconds: float
    silent_seconds: float = 0.0


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
        with self._database.transaction() as connection:
            connection.execute(meta.delete().where(meta.c.key == _KEY))
            connection.execute(meta.insert().values(key=_KEY, value=json.dumps(asdict(pulse))))

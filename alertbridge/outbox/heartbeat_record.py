"""The heartbeats' records in the database: a restart neither hides a silence nor raises a false alarm."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from alertbridge.outbox.database import Database
from alertbridge.outbox.schema import meta

_KEY = "heartbeats"
_OLDER_KEY = "pulse"  # of earlier versions, which kept one record for all heartbeats together


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatRecord:
    """When one heartbeat was last received, and how long it has been missing.

    Attributes:
        labels: Which heartbeat; None for any: none has come yet, or it is not known which, or there are too
            many to tell them apart.
        last_unix_seconds: When it last came, or when the bridge first waited for it.
        since_unix_seconds: Since when nothing is known of Prometheus: its newest evaluation that has reached
            the bridge, or where a heartbeat does not say, its arrival.
        silent_seconds: For how long it has been so, counting only the time in which the bridge ran.
        suspended_seconds: How long the bridge did not run meanwhile, though it was not ended.
        evaluated_unix_seconds: Prometheus' newest evaluation that a heartbeat has brought; 0 before.
        spacing_seconds: How far apart its newest evaluations were; 0 while that is not known.
        is_repeated: Whether it has come more than once.
        ahead_seconds: How far its evaluation lay in the future as it came last, by the bridge's clock.
    """

    labels: Mapping[str, str] | None = None
    last_unix_seconds: float
    since_unix_seconds: float
    silent_seconds: float = 0.0
    suspended_seconds: float = 0.0
    evaluated_unix_seconds: float = 0.0
    spacing_seconds: float = 0.0
    is_repeated: bool = False
    ahead_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeats:
    """The heartbeats that are watched, and the alert's name in the settings; empty when it is not known."""

    alertname: str
    records: tuple[HeartbeatRecord, ...]


class HeartbeatRecords:
    """Stores the latest records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Heartbeats | None:
        """Return the latest records; None before the first.

        Raises:
            StoreError: They cannot be read.
        """
        query = select(meta.c.key, meta.c.value).where(meta.c.key.in_([_KEY, _OLDER_KEY]))
        with self._database.reading() as connection:
            found = {row.key: row.value for row in connection.execute(query)}
        if _KEY in found:
            return msgspec.json.decode(found[_KEY], type=Heartbeats)
        return _read_older(found[_OLDER_KEY]) if _OLDER_KEY in found else None

    def write(self, heartbeats: Heartbeats) -> None:
        """Replace the latest records by *heartbeats*.

        Raises:
            StoreError: They cannot be written.
        """
        value = msgspec.json.encode(heartbeats).decode()
        with self._database.transaction() as connection:
            connection.execute(meta.delete().where(meta.c.key.in_([_KEY, _OLDER_KEY])))
            connection.execute(meta.insert().values(key=_KEY, value=value))


def _read_older(value: str) -> Heartbeats:
    older = json.loads(value)
    record = HeartbeatRecord(since_unix_seconds=older["last_unix_seconds"], **older)
    return Heartbeats(alertname="", records=(record,))

"""Firings that contradict what is stored: they wait here, across restarts, until they are settled."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Disputed
from alertbridge.outbox.database import Database
from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import disputed_firings, episodes

_ASKED = func.json_each(bindparam("asked")).table_valued("value")  # one parameter, however many are asked for
_ITS_EPISODE = (disputed_firings.c.alert_id == episodes.c.alert_id) & (
    disputed_firings.c.number == episodes.c.number
)


_DISPUTES = (
    select(
        episodes,
        disputed_firings.c.received_unix_seconds,
        disputed_firings.c.starts_unix_seconds.label("fired_unix_seconds"),
        disputed_firings.c.annotations.label("fired_annotations"),
        disputed_firings.c.generator_url.label("fired_generator_url"),
    )
    .join(disputed_firings, _ITS_EPISODE)
    .order_by(disputed_firings.c.received_unix_seconds, disputed_firings.c.alert_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute:
    """A dispute that is not settled yet.

    Attributes:
        disputed: What is disputed.
        received_unix_seconds: Since when.
    """

    disputed: Disputed
    received_unix_seconds: float


class Disputes:
    """Keeps at most one disputed firing of each alert: the latest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_open_episodes(self, limit: int) -> Sequence[OpenDispute]:
        """Return firings that began after the episode that is open, oldest first.

        Raises:
            StoreError: They cannot be read.
        """
        return self._read(_DISPUTES.where(episodes.c.ended_unix_seconds.is_(None)).limit(limit))

    def of_ended_episodes(self, limit: int) -> Sequence[OpenDispute]:
        """Return firings that began before the end of their episode, oldest first.

        Raises:
            StoreError: They cannot be read.
        """
        return self._read(_DISPUTES.where(episodes.c.ended_unix_seconds.is_not(None)).limit(limit))

    def drop(self, alert_ids: Collection[str]) -> None:
        """Forget the disputed firings of these alerts: what is stored is right.

        Raises:
            StoreError: That could not be stored.
        """
        with self._database.transaction() as connection:
            forget_disputes(connection, alert_ids)

    def _read(self, query: Select[Any]) -> Sequence[OpenDispute]:
        with self._database.reading() as connection:
            return [_open_dispute(row) for row in connection.execute(query)]


def keep_disputes(connection: Connection, disputed: Iterable[Disputed], now: float) -> None:
    """Store disputed firings; a later one of the same alert takes the place of the earlier."""
    rows = [
        {
            "alert_id": one.alert.alert_id,
            "number": one.episode.number,
            "received_unix_seconds": now,
            "starts_unix_seconds": one.alert.starts_unix_seconds,
            "annotations": dict(one.alert.annotations),
            "generator_url": one.alert.generator_url,
        }
        for one in disputed
    ]
    new = insert(disputed_firings)
    latest = {
        name: new.excluded[name] for name in ("number", "starts_unix_seconds", "annotations", "generator_url")
    }
    if rows:
        upsert = new.on_conflict_do_update(index_elements=disputed_firings.primary_key, set_=latest)
        connection.execute(upsert, rows)


def disputed_of(connection: Connection, alert_ids: Iterable[str]) -> set[str]:
    """Return of which of these alerts a firing is disputed; mostly there are none at all."""
    if connection.execute(select(disputed_firings.c.alert_id).limit(1)).first() is None:
        return set()
    its_id = disputed_firings.c.alert_id
    these = select(its_id).where(its_id.in_(select(_ASKED.c.value)))
    return set(connection.scalars(these, {"asked": json.dumps(list(alert_ids))}))


def forget_disputes(connection: Connection, alert_ids: Iterable[str]) -> None:
    """Forget the disputed firings of these alerts."""
    settled = disputed_of(connection, alert_ids)
    if settled:
        these = disputed_firings.delete().where(disputed_firings.c.alert_id.in_(select(_ASKED.c.value)))
        connection.execute(these, {"asked": json.dumps(list(settled))})


def _open_dispute(row: Row[Any]) -> OpenDispute:
    alert = Alert(
        alert_id=row.alert_id,
        labels=row.labels,
        annotations=row.fired_annotations,
        is_firing=True,
        starts_unix_seconds=row.fired_unix_seconds,
        ends_unix_seconds=None,
        generator_url=row.fired_generator_url,
    )
    return OpenDispute(
        disputed=Disputed(episode=episode_of(row), alert=alert),
        received_unix_seconds=row.received_unix_seconds,
    )

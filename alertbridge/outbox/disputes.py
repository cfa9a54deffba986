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
from alertbridge.outbox.end_claims import withdraw_older_claims
from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import disputed_firings, episodes

Key = tuple[str, float]  # an alert, and when the disputed firing of it began

_ASKED = func.json_each(bindparam("asked")).table_valued("value")  # one parameter, however many are asked for
_ANY = select(disputed_firings.c.alert_id).limit(1)
_NAMED = select(disputed_firings.c.alert_id, disputed_firings.c.starts_unix_seconds).where(
    disputed_firings.c.alert_id.in_(select(_ASKED.c.value))
)
_of_same_alert = episodes.alias()
_LATEST_NUMBER = (
    select(func.max(_of_same_alert.c.number))
    .where(_of_same_alert.c.alert_id == episodes.c.alert_id)
    .scalar_subquery()
)
_IS_LATEST = (disputed_firings.c.alert_id == episodes.c.alert_id) & (episodes.c.number == _LATEST_NUMBER)
_IS_ITS = (disputed_firings.c.alert_id == bindparam("its_alert_id")) & (
    disputed_firings.c.starts_unix_seconds <= bindparam("its_starts_unix_seconds")
)
_RESTARTED = (
    episodes.update()
    .where(episodes.c.alert_id == bindparam("its_alert_id"), episodes.c.number == bindparam("its_number"))
    .values(restarted_unix_seconds=bindparam("its_starts_unix_seconds"))
)

_DISPUTES = (
    select(
        episodes,
        disputed_firings.c.received_unix_seconds,
        disputed_firings.c.starts_unix_seconds.label("fired_unix_seconds"),
        disputed_firings.c.annotations.label("fired_annotations"),
        disputed_firings.c.generator_url.label("fired_generator_url"),
    )
    .select_from(disputed_firings.join(episodes, _IS_LATEST))
    .where(episodes.c.alert_id.in_(select(disputed_firings.c.alert_id)))  # else SQLite scans all episodes
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

    def settle_as_repeats(self, disputed: Collection[Disputed]) -> None:
        """Forget these: each is a repeat of its episode, which goes on if it is open.

        Raises:
            StoreError: That could not be stored.
        """
        going_on = [one for one in disputed if one.episode.is_open]
        rows = [
            {
                "its_alert_id": one.alert.alert_id,
                "its_number": one.episode.number,
                "its_starts_unix_seconds": one.alert.starts_unix_seconds,
            }
            for one in going_on
        ]
        with self._database.transaction() as connection:
            if rows:
                connection.execute(_RESTARTED, rows)
                withdraw_older_claims(connection, going_on)
            forget_disputes(
                connection, ((one.alert.alert_id, one.alert.starts_unix_seconds) for one in disputed)
            )

    def _read(self, query: Select[Any]) -> Sequence[OpenDispute]:
        with self._database.reading() as connection:
            return [_open_dispute(row) for row in connection.execute(query)]


def keep_disputes(connection: Connection, disputed: Iterable[Disputed], now: float) -> None:
    """Store disputed firings; of one alert, the one that began last."""
    rows = [
        {
            "alert_id": one.alert.alert_id,
            "received_unix_seconds": now,
            "starts_unix_seconds": one.alert.starts_unix_seconds,
            "annotations": dict(one.alert.annotations),
            "generator_url": one.alert.generator_url,
        }
        for one in disputed
    ]
    new = insert(disputed_firings)
    upsert = new.on_conflict_do_update(
        index_elements=disputed_firings.primary_key,
        set_={column.name: new.excluded[column.name] for column in disputed_firings.c},
        where=new.excluded.starts_unix_seconds > disputed_firings.c.starts_unix_seconds,
    )
    if rows:
        connection.execute(upsert, rows)


def disputed_of(connection: Connection, alert_ids: Iterable[str]) -> set[Key]:
    """Return the disputed firings of these alerts; mostly there are none at all."""
    if connection.execute(_ANY).first() is None:
        return set()
    rows = connection.execute(_NAMED, {"asked": json.dumps(list(alert_ids))})
    return {(row.alert_id, row.starts_unix_seconds) for row in rows}


def forget_disputes(connection: Connection, settled: Iterable[Key]) -> None:
    """Forget the disputed firings of these alerts that began up to then; later ones are not settled."""
    rows = [{"its_alert_id": alert_id, "its_starts_unix_seconds": starts} for alert_id, starts in settled]
    if rows and connection.execute(_ANY).first() is not None:
        connection.execute(disputed_firings.delete().where(_IS_ITS), rows)


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

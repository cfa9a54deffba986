"""Ends that are claimed and not proven yet: they wait here, across restarts."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from alertbridge.alerts.episodes import Claimed, Disputed, Episode
from alertbridge.outbox.database import Database
from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import end_claims, episodes

Key = tuple[str, int]

_ITS = (end_claims.c.alert_id == bindparam("its_alert_id")) & (end_claims.c.number == bindparam("its_number"))
_ALL = select(end_claims.c.alert_id, end_claims.c.number, end_claims.c.claimed_unix_seconds)
_ANY = _ALL.limit(1)
_ASKED = func.json_each(bindparam("asked")).table_valued("value")  # one parameter, however many are asked for
_OF_THESE = _ALL.where(end_claims.c.alert_id.in_(select(_ASKED.c.value)))
_SAME = (end_claims.c.alert_id == episodes.c.alert_id) & (end_claims.c.number == episodes.c.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClaim:
    """A claim that is not proven yet.

    Attributes:
        claim: What is claimed.
        claimed_unix_seconds: Since when.
        reason: Why it was held when it was last looked at; empty before that.
    """

    claim: Claimed
    claimed_unix_seconds: float
    reason: str

    @property
    def key(self) -> Key:
        """Which episode it is about."""
        return self.claim.episode.alert_id, self.claim.episode.number


class EndClaims:
    """Keeps at most one claim of each episode: the first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claimed(self) -> Mapping[Key, float]:
        """Return since when each end is claimed that is not proven, oldest first.

        Raises:
            StoreError: They cannot be read.
        """
        query = _ALL.order_by(end_claims.c.claimed_unix_seconds, end_claims.c.alert_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {(row.alert_id, row.number): row.claimed_unix_seconds for row in rows}

    def held(self, keys: Collection[Key]) -> Sequence[HeldClaim]:
        """Return the claims of these episodes, oldest first; those that are gone are left out.

        Raises:
            StoreError: They cannot be read.
        """
        query = (
            select(
                episodes,
                end_claims.c.claimed_unix_seconds,
                end_claims.c.ends_unix_seconds,
                end_claims.c.is_reconciled,
                end_claims.c.reason,
            )
            .join(end_claims, _SAME)
            .where(episodes.c.ended_unix_seconds.is_(None), end_claims.c.alert_id.in_(select(_ASKED.c.value)))
            .order_by(end_claims.c.claimed_unix_seconds, end_claims.c.alert_id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query, {"asked": _as_json(keys)}).all()
        return [
            HeldClaim(
                claim=Claimed(
                    episode=episode_of(row),
                    ends_unix_seconds=row.ends_unix_seconds,
                    is_reconciled=row.is_reconciled,
                ),
                claimed_unix_seconds=row.claimed_unix_seconds,
                reason=row.reason,
            )
            for row in rows
            if (row.alert_id, row.number) in keys
        ]

    def note(self, reasons: Mapping[Key, str]) -> None:
        """Keep why claims are held.

        Raises:
            StoreError: That could not be stored.
        """
        rows = [
            {"its_alert_id": alert_id, "its_number": number, "reason": reason}
            for (alert_id, number), reason in reasons.items()
        ]
        with self._database.transaction() as connection:
            connection.execute(end_claims.update().where(_ITS), rows)


def claim_ends(connection: Connection, claimed: Iterable[Claimed], now: float) -> None:
    """Store claims; one that is stored already stays as it is."""
    rows = [
        {
            "alert_id": one.episode.alert_id,
            "number": one.episode.number,
            "claimed_unix_seconds": now,
            "ends_unix_seconds": min(one.ends_unix_seconds, now),  # its sender's clock may be ahead
            "is_reconciled": one.is_reconciled,
            "reason": "",
        }
        for one in claimed
    ]
    if rows:
        connection.execute(insert(end_claims).on_conflict_do_nothing(), rows)


def withdraw_claims(connection: Connection, settled: Iterable[Episode]) -> None:
    """Forget the claims of episodes that are firing still, or have ended; mostly there are none at all."""
    rows = [
        {"its_alert_id": alert_id, "its_number": number}
        for alert_id, number in claimed_of(connection, settled)
    ]
    if rows:
        connection.execute(end_claims.delete().where(_ITS), rows)


def withdraw_older_claims(connection: Connection, going_on: Iterable[Disputed]) -> None:
    """Forget the claims that episodes ended before a firing that was found to be theirs."""
    rows = [
        {
            "its_alert_id": one.episode.alert_id,
            "its_number": one.episode.number,
            "starts_unix_seconds": one.alert.starts_unix_seconds,
        }
        for one in going_on
    ]
    is_older = end_claims.c.ends_unix_seconds < bindparam("starts_unix_seconds")
    if rows and connection.execute(_ANY).first() is not None:
        connection.execute(end_claims.delete().where(_ITS, is_older), rows)


def pass_on_claims(connection: Connection, opened: Iterable[Episode]) -> None:
    """Let claims that came while a firing was disputed be about its episode, now that it has one."""
    rows = [
        {
            "its_alert_id": one.alert_id,
            "its_number": one.number - 1,
            "starts_unix_seconds": one.alert.starts_unix_seconds,
        }
        for one in opened
        if one.number > 1
    ]
    is_later = end_claims.c.ends_unix_seconds >= bindparam("starts_unix_seconds")
    if rows and connection.execute(_ANY).first() is not None:
        connection.execute(
            end_claims.update().where(_ITS, is_later).values(number=bindparam("its_number") + 1), rows
        )


def claimed_of(connection: Connection, asked: Iterable[Episode]) -> set[Key]:
    """Return of which of these episodes the end is claimed."""
    if connection.execute(_ANY).first() is None:
        return set()
    keys = {(one.alert_id, one.number) for one in asked}
    rows = connection.execute(_OF_THESE, {"asked": _as_json(keys)})
    return {(row.alert_id, row.number) for row in rows} & keys


def _as_json(keys: Iterable[Key]) -> str:
    return json.dumps([alert_id for alert_id, _ in keys])

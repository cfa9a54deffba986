"""The changes of state of one notice, as `schema.State` names them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from alertbridge.outbox.schema import State, notices


def mark_sending(connection: Connection, row: Row[Any], reported: Sequence[object], owner: str) -> None:
    """Store that *owner* makes another attempt to send the notice of *row*, and what the mail reports."""
    _update(
        connection,
        row.notice_id,
        {"state": State.SENDING, "owner": owner, "attempts": row.attempts + 1, "told": reported},
    )


def put_back(connection: Connection, notice_id: int, reason: str, values: Mapping[str, object]) -> None:
    """Make a notice pending again, for the *reason* that its attempt failed; change further *values*."""
    _update(connection, notice_id, {"state": State.PENDING, "last_error": reason, **values})


def postpone(connection: Connection, notice_id: int, until: float) -> None:
    """Look at a pending notice again at that time."""
    _update(connection, notice_id, {"next_unix_seconds": until})


def hold(connection: Connection, notice_id: int, until: float, now: float) -> None:
    """Hold a notice until the end of its user's quiet hours."""
    held = {"state": State.HELD, "next_unix_seconds": until, "held_unix_seconds": now}
    _update(connection, notice_id, held)


def settle(connection: Connection, notice_id: int, state: State, now: float, **values: object) -> None:
    """Settle a notice in its final *state*; change further *values*."""
    _update(connection, notice_id, {"state": state, "settled_unix_seconds": now, "owner": None, **values})


def _update(connection: Connection, notice_id: int, values: Mapping[str, object]) -> None:
    connection.execute(notices.update().where(notices.c.notice_id == notice_id).values(values))

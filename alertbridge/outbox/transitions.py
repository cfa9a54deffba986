"""The changes of state of one notice, as `schema.State` names them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from alertbridge.outbox.schema import State, notices


def mark_composing(
    connection: Connection, row: Row[Any], reported: Sequence[object], *, owner: str, now: float
) -> None:
    """Store that *owner* writes the mail of the notice of *row*, and what it is to report.

    One that was waiting is due only since *now*.
    """
    composing: dict[str, object] = {"state": State.COMPOSING, "owner": owner, "told": reported}
    if row.state == State.WAITING:
        composing |= {"created_unix_seconds": now, "last_error": None}
    _update(connection, row.notice_id, composing)


def mark_sending(
    connection: Connection, notice_id: int, reported: Sequence[object], *, attempts: int
) -> None:
    """Store that an attempt to send a notice begins, and what the mail reports."""
    sending = {"state": State.SENDING, "attempts": attempts, "told": reported}
    _update(connection, notice_id, sending)


def put_back(connection: Connection, notice_id: int, reason: str, values: Mapping[str, object]) -> None:
    """Make a notice pending again, for the *reason* that its attempt failed; change further *values*."""
    _update(connection, notice_id, {"state": State.PENDING, "last_error": reason, **values})


def postpone(connection: Connection, notice_id: int, until: float) -> None:
    """Look at a pending notice again at that time."""
    _update(connection, notice_id, {"next_unix_seconds": until})


def wait(connection: Connection, notice_id: int, until: float, reason: str, **values: object) -> None:
    """Let a notice wait for that *reason*, and look at it again then; change further *values*."""
    waiting = {"state": State.WAITING, "next_unix_seconds": until, "last_error": reason}
    _update(connection, notice_id, waiting | values)


def hold(connection: Connection, notice_id: int, priority: int, until: float, now: float) -> None:
    """Hold a notice until the end of its user's quiet hours."""
    held = {"state": State.HELD, "next_unix_seconds": until, "held_unix_seconds": now}
    _update(connection, notice_id, held | {"priority": priority})


def hold_over_limit(connection: Connection, notice_id: int, priority: int, until: float, now: float) -> None:
    """Hold a notice until the limit of mails per hour lets it leave, which is looked at again then."""
    held = {"state": State.HELD, "next_unix_seconds": until, "held_unix_seconds": now}
    _update(connection, notice_id, held | {"is_over_limit": True, "priority": priority})


def settle(connection: Connection, notice_id: int, state: State, now: float, **values: object) -> None:
    """Settle a notice in its final *state*; change further *values*."""
    _update(connection, notice_id, {"state": state, "settled_unix_seconds": now, "owner": None, **values})


def _update(connection: Connection, notice_id: int, values: Mapping[str, object]) -> None:
    connection.execute(notices.update().where(notices.c.notice_id == notice_id).values(values))

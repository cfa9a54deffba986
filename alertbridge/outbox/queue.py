"""The order in which notices are sent."""

from typing import Any

from sqlalchemy import Connection, Float, Row, Select, and_, bindparam, or_, select

from alertbridge.outbox.backlog import LONGEST_WAIT_SECONDS
from alertbridge.outbox.schema import IN_FLIGHT, LEAVING, State, notices, threads


def next_due_notice(connection: Connection, now_unix_seconds: float) -> Row[Any] | None:
    """Return the next notice that is due, with its thread's title, critical ones first; None if none is.

    A notice waits for those before it in its thread, and for a digest that reports the same incident and may
    be in flight: it could say "still firing" after the user was notified of the end.
    """
    rows = (connection.execute(query, {"now": now_unix_seconds}).first() for query in _NEXT)
    return min((row for row in rows if row is not None), key=_order, default=None)


def _order(row: Row[Any]) -> tuple[int, bool]:
    """Fresh news goes before what is looked at again, of which there may be much."""
    return row.priority, row.state == State.WAITING


def _next(state: State) -> Select[Any]:
    now = bindparam("now", type_=Float)
    earlier, held, digest = (notices.alias(name) for name in ("earlier", "held", "digest"))
    waits_for_another = (
        select(earlier.c.notice_id)
        .where(earlier.c.incident_id == notices.c.incident_id)
        .where(earlier.c.user_name == notices.c.user_name)
        .where(earlier.c.sequence < notices.c.sequence)
        .where(earlier.c.state.in_(LEAVING))
        .exists()
    )
    may_be_in_flight = or_(
        digest.c.state.in_(IN_FLIGHT),
        and_(digest.c.state == State.PENDING, digest.c.doubt_unix_seconds.is_not(None)),
    )
    waits_for_a_digest = (
        select(held.c.notice_id)
        .join(digest, digest.c.notice_id == held.c.digest_id)
        .where(held.c.incident_id == notices.c.incident_id)
        .where(held.c.user_name == notices.c.user_name)
        .where(may_be_in_flight)
        .exists()
    )
    is_due = or_(
        notices.c.next_unix_seconds <= now,
        notices.c.next_unix_seconds > now + LONGEST_WAIT_SECONDS,
    )
    return (
        select(notices, threads.c.title)
        .join(threads)
        .where(notices.c.state == state, is_due, ~waits_for_another, ~waits_for_a_digest)
        .order_by(notices.c.priority, notices.c.created_unix_seconds, notices.c.notice_id)
        .limit(1)
    )


# Made once: that takes longer than running them. One query for both states could not use the index's order.
_NEXT = (_next(State.PENDING), _next(State.WAITING))

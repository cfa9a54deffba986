"""What has not been sent yet, in figures."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from alertbridge.outbox.database import Database
from alertbridge.outbox.schema import IN_FLIGHT, State, end_claims, lanes, notices

# A time further ahead than any wait that we set: the clock was set back since, so it counts as due.
LONGEST_WAIT_SECONDS = 3600.0

_KEPT = (State.HELD, State.WAITING, State.DEAD)
_HELD_ENDS = select(end_claims.c.claimed_unix_seconds, end_claims.c.reason).order_by(
    end_claims.c.claimed_unix_seconds
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What has not been sent yet.

    Attributes:
        pending: The number of pending notices by priority, those being sent included.
        held: Notices held until the end of their user's quiet hours, or by the limit; not among the pending.
        over_limit: Those of them that are held by the limit of mails per hour.
        waiting: Notices that wait for an alert to end; not among the pending.
        oldest_unix_seconds: When the oldest pending one was created; None when there is none.
        dead: Notices that could not be delivered.
        paused_until_unix_seconds: Until when nothing is sent by the transport; None when it is not paused.
        pause_reason: Why, in the words of the mail service; empty when it is not paused.
        held_ends: Claimed ends of alerts that are not proven yet.
        oldest_held_end_unix_seconds: When the oldest of them was claimed; None when there is none.
        held_end_reason: Why that one is held.
    """

    pending: Mapping[int, int]
    held: int
    oldest_unix_seconds: float | None
    dead: int
    paused_until_unix_seconds: float | None
    pause_reason: str
    held_ends: int = 0
    oldest_held_end_unix_seconds: float | None = None
    held_end_reason: str = ""
    waiting: int = 0
    over_limit: int = 0


def read_backlog(database: Database, transport: str, now_unix_seconds: float) -> Backlog:
    """Return what has not been sent yet by *transport*.

    Raises:
        StoreError: It cannot be read.
    """
    with database.reading() as connection:
        is_leaving = notices.c.state.in_((State.PENDING, *IN_FLIGHT))
        by_priority = select(notices.c.priority, func.count()).where(is_leaving).group_by(notices.c.priority)
        oldest = select(func.min(notices.c.created_unix_seconds)).where(is_leaving)
        kept = select(notices.c.state, func.count()).where(notices.c.state.in_(_KEPT))
        count = {row[0]: row[1] for row in connection.execute(kept.group_by(notices.c.state))}
        until = paused_until(connection, transport, now_unix_seconds)
        over_limit = select(func.count()).where(notices.c.state == State.HELD, notices.c.is_over_limit)
        reason = select(lanes.c.reason).where(lanes.c.lane == transport)
        ends = connection.execute(_HELD_ENDS).all()
        return Backlog(
            pending={row[0]: row[1] for row in connection.execute(by_priority)},
            oldest_unix_seconds=connection.scalar(oldest),
            held=count.get(State.HELD, 0),
            waiting=count.get(State.WAITING, 0),
            over_limit=connection.scalar(over_limit) or 0,
            dead=count.get(State.DEAD, 0),
            paused_until_unix_seconds=until,
            pause_reason="" if until is None else connection.scalar(reason) or "",
            held_ends=len(ends),
            oldest_held_end_unix_seconds=ends[0].claimed_unix_seconds if ends else None,
            held_end_reason=ends[0].reason if ends else "",
        )


def paused_until(connection: Connection, transport: str, now_unix_seconds: float) -> float | None:
    """Return until when *transport* is paused, in Unix seconds; None when it is not."""
    column = lanes.c.paused_until_unix_seconds
    until: float | None = connection.scalar(select(column).where(lanes.c.lane == transport))
    if until is None or not now_unix_seconds < until <= now_unix_seconds + LONGEST_WAIT_SECONDS:
        return None
    return until

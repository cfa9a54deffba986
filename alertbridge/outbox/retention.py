"""Deleting expired incidents."""

from sqlalchemy import delete, exists, select, tuple_

from alertbridge.outbox.crowd import forget_counted
from alertbridge.outbox.database import Database
from alertbridge.outbox.schema import (
    UNSETTLED,
    disputed_firings,
    episodes,
    incidents,
    known,
    notices,
    threads,
)

KEPT_SECONDS = 90 * 86400.0


def delete_expired(database: Database, now_unix_seconds: float) -> int:
    """Delete some incidents that have been over for 90 days; return how many that were.

    One that has an open episode, or a notice that is not settled, is kept.

    Raises:
        StoreError: Nothing could be deleted.
    """
    long_ago = now_unix_seconds - KEPT_SECONDS
    is_recent = exists().where(
        episodes.c.incident_id == incidents.c.incident_id,
        episodes.c.closed_unix_seconds.is_(None) | (episodes.c.closed_unix_seconds > long_ago),
    )
    is_unsettled = exists().where(
        notices.c.incident_id == incidents.c.incident_id, notices.c.state.in_(UNSETTLED)
    )
    with database.transaction() as connection:
        over = select(incidents.c.incident_id).where(
            incidents.c.opened_unix_seconds < long_ago, ~is_recent, ~is_unsettled
        )
        old = list(connection.scalars(over.limit(500)))
        gone = select(episodes.c.alert_id, episodes.c.number).where(episodes.c.incident_id.in_(old))
        connection.execute(delete(known).where(tuple_(known.c.alert_id, known.c.number).in_(gone)))
        for table in (notices, threads, episodes, incidents):
            connection.execute(delete(table).where(table.c.incident_id.in_(old)))
        its_episodes = exists().where(episodes.c.alert_id == disputed_firings.c.alert_id)
        connection.execute(delete(disputed_firings).where(~its_episodes))
        forget_counted(connection, now_unix_seconds)
    return len(old)

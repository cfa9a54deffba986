"""The incidents that may have news, as an intake reads them: how much is over, and who has mails of it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, String, bindparam, func, select, type_coerce

from alertbridge.outbox.schema import State, episodes, incidents, notices, threads
from alertbridge.outbox.stored import StoredIncident, StoredNotice

_ASKED = func.json_each(bindparam("asked")).table_valued("value")
_EPISODE_COUNTS = (
    select(
        episodes.c.incident_id,
        func.count().label("episode_count"),
        func.count(episodes.c.ended_unix_seconds).label("ended_count"),
        incidents.c.is_storm,
        incidents.c.is_flapping,
    )
    .join(incidents, incidents.c.incident_id == episodes.c.incident_id)
    .where(episodes.c.incident_id.in_(select(_ASKED.c.value)))
    .group_by(episodes.c.incident_id)
)
_of_same_thread = notices.alias()
_LAST_SEQUENCE = (
    select(func.max(_of_same_thread.c.sequence))
    .where(_of_same_thread.c.incident_id == threads.c.incident_id)
    .where(_of_same_thread.c.user_name == threads.c.user_name)
    .scalar_subquery()
)
_THREADS = (
    select(
        threads.c.incident_id,
        threads.c.user_name,
        notices.c.notice_id,
        notices.c.sequence,
        notices.c.priority,
        notices.c.state,
        notices.c.attempts,
        notices.c.created_unix_seconds,
        notices.c.next_unix_seconds,
        notices.c.held_unix_seconds,
        (func.coalesce(type_coerce(notices.c.told, String), "null") != "null").label("is_content_fixed"),
    )
    .outerjoin_from(
        threads,
        notices,
        (notices.c.incident_id == threads.c.incident_id)
        & (notices.c.user_name == threads.c.user_name)
        & (notices.c.sequence == _LAST_SEQUENCE),
    )
    .where(threads.c.incident_id.in_(select(_ASKED.c.value)))
)


def read_incidents(connection: Connection, incident_ids: Iterable[str]) -> dict[str, StoredIncident]:
    """Return the stored incidents of these ids."""
    ids = list(incident_ids)
    if not ids:
        return {}
    asked = {"asked": json.dumps(ids)}
    last: defaultdict[str, dict[str, StoredNotice | None]] = defaultdict(dict)
    for row in connection.execute(_THREADS, asked):
        last[row.incident_id][row.user_name] = None if row.notice_id is None else _stored_notice(row)
    return {
        row.incident_id: StoredIncident(
            episode_count=row.episode_count,
            ended_count=row.ended_count,
            last_notices=last[row.incident_id],
            is_storm=row.is_storm,
            is_flapping=row.is_flapping,
        )
        for row in connection.execute(_EPISODE_COUNTS, asked)
    }


def _stored_notice(row: Row[*tuple[Any, ...]]) -> StoredNotice:
    return StoredNotice(
        notice_id=row.notice_id,
        sequence=row.sequence,
        priority=row.priority,
        state=State(row.state),
        attempts=row.attempts,
        created_unix_seconds=row.created_unix_seconds,
        next_unix_seconds=row.next_unix_seconds,
        held_unix_seconds=row.held_unix_seconds,
        is_content_fixed=bool(row.is_content_fixed),
    )

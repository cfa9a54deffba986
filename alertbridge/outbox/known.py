"""What each user knows by the mails that left: of every episode, and whether of its end too."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert

from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import State, episodes, known, notices
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings

Key = tuple[str, int]

_IS_SAME_EPISODE = (episodes.c.alert_id == known.c.alert_id) & (episodes.c.number == known.c.number)
_IS_AMBIGUOUS = (notices.c.state == State.PENDING) & notices.c.doubt_unix_seconds.is_not(None)
_STILL_FIRES = ~known.c.is_over & episodes.c.ended_unix_seconds.is_(None)


def note_told(connection: Connection, user_name: str, told: Iterable[Sequence[Any]], now: float) -> None:
    """Remember that a mail told *user_name* of episodes: of each its alert, number, and whether it is over.

    A mail that comes late takes back nothing that a later one told.
    """
    rows = [
        {
            "user_name": user_name,
            "alert_id": alert_id,
            "number": number,
            "is_over": is_over,
            "told_unix_seconds": now,
        }
        for alert_id, number, is_over, *_ in told
    ]
    new = insert(known)
    latest = {
        "is_over": func.max(known.c.is_over, new.excluded.is_over),
        "told_unix_seconds": func.max(known.c.told_unix_seconds, new.excluded.told_unix_seconds),
    }
    if rows:
        connection.execute(new.on_conflict_do_update(index_elements=known.primary_key, set_=latest), rows)


def told_or_under_way(connection: Connection, notice: Row[Any], alert_ids: Iterable[str]) -> dict[Key, bool]:
    """Return what the user of *notice* was told of these alerts, or is being told by another mail.

    By episode: whether its end is told, too. What is not in it was never told.
    """
    asked = func.json_each(json.dumps(list(alert_ids))).table_valued("value")
    rows = connection.execute(
        select(known.c.alert_id, known.c.number, known.c.is_over)
        .where(known.c.user_name == notice.user_name)
        .where(known.c.alert_id.in_(select(asked.c.value)))
    )
    told = {(row.alert_id, row.number): row.is_over for row in rows}
    under_way = connection.scalars(
        select(notices.c.told)
        .where(notices.c.user_name == notice.user_name, notices.c.notice_id != notice.notice_id)
        .where((notices.c.state == State.SENDING) | _IS_AMBIGUOUS)
    )
    for alert_id, number, is_over, *_ in (one for mail in under_way for one in mail):
        told[alert_id, number] = told.get((alert_id, number), False) or is_over
    return told


def longest_untold(connection: Connection) -> dict[str, float]:
    """Return, by user, when they last heard of what still fires and was not told to them for longest."""
    query = (
        select(known.c.user_name, func.min(known.c.told_unix_seconds))
        .join(episodes, _IS_SAME_EPISODE)
        .where(_STILL_FIRES)
        .group_by(known.c.user_name)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def overdue(connection: Connection, user: UserSettings, routing: Routing, now: float) -> list[Row[Any]]:
    """Return all that still fires of what *user* knows, once any of it needs a reminder; nothing before."""
    query = (
        select(episodes, known.c.told_unix_seconds)
        .join(known, _IS_SAME_EPISODE)
        .where(known.c.user_name == user.name, _STILL_FIRES)
        .order_by(episodes.c.starts_unix_seconds, episodes.c.alert_id)
    )
    rows = [row for row in connection.execute(query) if routing.is_recipient(user, episode_of(row).alert)]
    is_due = any(row.told_unix_seconds + user.remind_every_seconds <= now for row in rows)
    return rows if is_due else []

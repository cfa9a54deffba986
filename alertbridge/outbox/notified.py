"""What each user has been notified of by accepted mails: which episodes, and whether of their end too."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import IN_FLIGHT, State, episodes, incidents, known, notices
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings

Key = tuple[str, int]

_IS_SAME_EPISODE = (episodes.c.alert_id == known.c.alert_id) & (episodes.c.number == known.c.number)
_IS_NAMED = (known.c.alert_id == bindparam("its_alert_id")) & (known.c.number == bindparam("its_number"))
_IS_AMBIGUOUS = (notices.c.state == State.PENDING) & notices.c.doubt_unix_seconds.is_not(None)
_IS_FIRING = ~known.c.is_over & episodes.c.ended_unix_seconds.is_(None)


def record_notified(
    connection: Connection, user_name: str, reported: Iterable[Sequence[Any]], now: float
) -> None:
    """Record that *user_name* was notified of what a mail *reported*: of each episode its id and is_over.

    A mail that is recorded late undoes nothing that a later one reported.
    """
    rows = [
        {
            "user_name": user_name,
            "alert_id": alert_id,
            "number": number,
            "is_over": is_over,
            "told_unix_seconds": now,
        }
        for alert_id, number, is_over, *_ in reported
    ]
    new = insert(known)
    latest = {
        "is_over": func.max(known.c.is_over, new.excluded.is_over),
        "told_unix_seconds": func.max(known.c.told_unix_seconds, new.excluded.told_unix_seconds),
    }
    if rows:
        connection.execute(new.on_conflict_do_update(index_elements=known.primary_key, set_=latest), rows)


def record_corrections(connection: Connection, user_name: str, corrected: Iterable[Key]) -> None:
    """Record that *user_name* was notified that these episodes go on, whose end had been reported."""
    keys = [{"its_alert_id": alert_id, "its_number": number} for alert_id, number in corrected]
    mine = known.update().where(_IS_NAMED, known.c.user_name == user_name)
    if keys:
        connection.execute(mine.values(is_over=False), keys)


def notified_or_in_flight(
    connection: Connection, notice: Row[Any], alert_ids: Iterable[str]
) -> dict[Key, bool]:
    """Return, by episode, whether the user of *notice* has been notified of its end, or only of its start.

    Mails that are being sent, or that may have been sent, count as well. An episode of which the user has not
    been notified is left out.
    """
    asked = func.json_each(json.dumps(list(alert_ids))).table_valued("value")
    rows = connection.execute(
        select(known.c.alert_id, known.c.number, known.c.is_over)
        .where(known.c.user_name == notice.user_name)
        .where(known.c.alert_id.in_(select(asked.c.value)))
    )
    notified = {(row.alert_id, row.number): row.is_over for row in rows}
    in_flight = connection.scalars(
        select(notices.c.told)
        .where(notices.c.user_name == notice.user_name, notices.c.notice_id != notice.notice_id)
        .where(notices.c.state.in_(IN_FLIGHT) | _IS_AMBIGUOUS)
    )
    for alert_id, number, is_over, *_ in (one for mail in in_flight for one in mail):
        notified[alert_id, number] = notified.get((alert_id, number), False) or is_over
    return notified


def oldest_notified(connection: Connection) -> dict[str, float]:
    """Return, by user, when they were last notified of a firing episode: of the one that is longest ago."""
    query = (
        select(known.c.user_name, func.min(known.c.told_unix_seconds))
        .join(episodes, _IS_SAME_EPISODE)
        .where(_IS_FIRING)
        .group_by(known.c.user_name)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def overdue_for_reminder(
    connection: Connection, user: UserSettings, routing: Routing, now: float
) -> list[Row[Any]]:
    """Return the firing episodes that *user* was notified of, once a reminder of any is due; else nothing."""
    query = (
        select(episodes, known.c.told_unix_seconds, incidents.c.is_flapping)
        .join(known, _IS_SAME_EPISODE)
        .join(incidents, incidents.c.incident_id == episodes.c.incident_id)
        .where(known.c.user_name == user.name, _IS_FIRING)
        .order_by(episodes.c.starts_unix_seconds, episodes.c.alert_id)
    )
    rows = [row for row in connection.execute(query) if routing.is_recipient(user, episode_of(row).alert)]
    is_due = any(row.told_unix_seconds + user.remind_every_seconds <= now for row in rows)
    return rows if is_due else []

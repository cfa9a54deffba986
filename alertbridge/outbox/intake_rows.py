"""What an intake reads before it decides and writes afterwards: few statements, however many the alerts."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Select, bindparam, func, select

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode, Fold
from alertbridge.alerts.flapping import Key, Rejoined
from alertbridge.alerts.storms import StormState
from alertbridge.outbox.changes import Changes, IncidentRow, ThreadRow
from alertbridge.outbox.incident_rows import read_incidents
from alertbridge.outbox.rows import row_of
from alertbridge.outbox.scheduling import NoticeRow
from alertbridge.outbox.schema import episodes, incidents, notices, threads
from alertbridge.outbox.stored import StoredEpisode, StoredNotice, StoredState
from alertbridge.routing.recipients import Routing

# Statements are made once: making them costs more than SQLite takes to run them. All that is asked for is one
# parameter, a JSON list.
_ASKED = func.json_each(bindparam("asked")).table_valued("value")
_of_same_alert = episodes.alias()
_LATEST_NUMBER = (
    select(func.max(_of_same_alert.c.number))
    .where(_of_same_alert.c.alert_id == episodes.c.alert_id)
    .scalar_subquery()
)
_LATEST_EPISODES = select(
    episodes.c.alert_id,
    episodes.c.number,
    episodes.c.incident_id,
    episodes.c.starts_unix_seconds,
    episodes.c.opened_unix_seconds,
    episodes.c.ended_unix_seconds,
    episodes.c.closed_unix_seconds,
    episodes.c.is_end_reconciled,
    episodes.c.reopened_unix_seconds,
    episodes.c.restarted_unix_seconds,
).where(episodes.c.alert_id.in_(select(_ASKED.c.value)), episodes.c.number == _LATEST_NUMBER)
_RECENT_EPISODES = (
    select(episodes.c.alertname, func.count().label("episode_count"))
    .where(episodes.c.alertname.in_(select(_ASKED.c.value)))
    .where(episodes.c.opened_unix_seconds > bindparam("since"))
    .group_by(episodes.c.alertname)
)
_RECENT_STORMS = (
    select(incidents.c.alertname, incidents.c.incident_id)
    .where(incidents.c.alertname.in_(select(_ASKED.c.value)), incidents.c.is_storm)
    .where(incidents.c.opened_unix_seconds > bindparam("since"))
    .order_by(incidents.c.opened_unix_seconds)
)
_FLAPS = (
    incidents.update().where(incidents.c.incident_id == bindparam("its_incident_id")).values(is_flapping=True)
)
_CHANGE_EPISODE = (
    episodes.update()
    .where(episodes.c.alert_id == bindparam("its_alert_id"))
    .where(episodes.c.number == bindparam("its_number"))
)
_UPDATE_NOTICE = notices.update().where(notices.c.notice_id == bindparam("its_notice_id"))


def read_latest(connection: Connection, alerts: Sequence[Alert]) -> dict[str, StoredEpisode]:
    """Return the latest episode of each of *alerts* that has one, by alert id.

    Labels and annotations are those of *alerts*: the first are the same by the nature of the id, the second
    newer.
    """
    asked = {alert.alert_id: alert for alert in alerts}
    rows = _rows(connection, _LATEST_EPISODES, asked)
    return {row[0]: _stored_episode(row, asked[row[0]]) for row in rows}


def read_state(
    connection: Connection,
    latest: Mapping[str, StoredEpisode],
    folded: Fold,
    rejoined: Mapping[Key, Rejoined],
    *,
    since_unix_seconds: float,
) -> StoredState:
    """Return what is stored of all that *folded* is about; a storm is open when it began *since* then."""
    storms = _read_storms(connection, folded.opened, since_unix_seconds)
    ids = {latest[episode.alert_id].incident_id for episode in (*folded.closed, *folded.reopened)}
    ids |= {storm.incident_id for storm in storms.values() if storm.incident_id}
    ids |= {joined.incident_id for joined in rejoined.values()}
    its_incidents = read_incidents(connection, ids)
    return StoredState(latest=latest, storms=storms, incidents=its_incidents, rejoined=rejoined)


def write_changes(connection: Connection, changes: Changes, routing: Routing) -> None:
    """Write all rows of *changes*; *routing* says which hosts they are about."""
    _execute(connection, _CHANGE_EPISODE, map(_changed_values, changes.changed_episodes))
    _execute(connection, incidents.insert(), map(_values, changes.incidents))
    _execute(connection, _FLAPS, ({"its_incident_id": one} for one in changes.flapping))
    _execute(connection, episodes.insert(), _episode_rows(changes, routing))
    _execute(connection, threads.insert(), map(_values, changes.threads))
    _execute(connection, notices.insert(), map(_values, changes.notices))
    _execute(connection, _UPDATE_NOTICE, map(_update_values, changes.updated_notices))


def _read_storms(connection: Connection, opened: Iterable[Episode], since: float) -> dict[str, StormState]:
    names = {episode.alert.labels.get("alertname", ""): None for episode in opened}
    if not names:
        return {}
    counts = {
        row.alertname: row.episode_count for row in _rows(connection, _RECENT_EPISODES, names, since=since)
    }
    newest = {row.alertname: row.incident_id for row in _rows(connection, _RECENT_STORMS, names, since=since)}
    return {
        name: StormState(recent_episodes=counts.get(name, 0), incident_id=newest.get(name)) for name in names
    }


def _stored_episode(row: Row[*tuple[Any, ...]], alert: Alert) -> StoredEpisode:
    # By position: reading columns by name takes longer than SQLite needs to find them
    alert_id, number, incident_id, starts, opened, ended, closed, is_end_reconciled, reopened, restarted = row
    return StoredEpisode(
        Episode(
            alert_id=alert_id,
            number=number,
            alert=Alert(
                alert_id=alert_id,
                labels=alert.labels,
                annotations=alert.annotations,
                is_firing=ended is None,
                starts_unix_seconds=starts,
                ends_unix_seconds=ended,
                generator_url=alert.generator_url,
            ),
            opened_unix_seconds=opened,
            ended_unix_seconds=ended,
            closed_unix_seconds=closed,
            is_end_reconciled=is_end_reconciled,
            reopened_unix_seconds=reopened,
            restarted_unix_seconds=restarted,
        ),
        incident_id,
    )


def _episode_rows(changes: Changes, routing: Routing) -> Iterator[dict[str, object]]:
    for incident_id, opened in changes.episodes.items():
        for episode in opened:
            yield row_of(episode, incident_id, routing.host_of(episode.alert))


def _changed_values(episode: Episode) -> dict[str, object]:
    return {
        "its_alert_id": episode.alert_id,
        "its_number": episode.number,
        "ended_unix_seconds": episode.ended_unix_seconds,
        "closed_unix_seconds": episode.closed_unix_seconds,
        "is_end_reconciled": episode.is_end_reconciled,
        "is_unwatched": episode.is_unwatched,
        "watched_as": episode.watched_as,
        "reopened_unix_seconds": episode.reopened_unix_seconds,
        "restarted_unix_seconds": episode.restarted_unix_seconds,
    }


def _update_values(notice: StoredNotice) -> dict[str, object]:
    return {
        "its_notice_id": notice.notice_id,
        "priority": notice.priority,
        "state": notice.state,
        "created_unix_seconds": notice.created_unix_seconds,
        "next_unix_seconds": notice.next_unix_seconds,
        "held_unix_seconds": notice.held_unix_seconds,
    }


def _values(row: IncidentRow | ThreadRow | NoticeRow) -> dict[str, object]:
    """Return the columns of *row*, which its fields are named after."""
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _rows(
    connection: Connection, query: Select[Any], asked: Iterable[str], **parameters: object
) -> CursorResult[Any]:
    return connection.execute(query, {"asked": json.dumps(list(asked)), **parameters})


def _execute(connection: Connection, statement: Any, rows: Iterable[Mapping[str, object]]) -> None:
    if found := list(rows):
        connection.execute(statement, found)

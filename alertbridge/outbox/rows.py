"""Rows of the table of episodes <-> episodes."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.outbox.schema import episodes, incidents

# One parameter, a JSON list, however many ids there are
_ASKED = func.json_each(bindparam("alert_ids")).table_valued("value")
_WITH_INCIDENT = select(episodes, incidents.c.is_flapping).join(
    incidents, incidents.c.incident_id == episodes.c.incident_id
)


def newest_episodes_of(connection: Connection, incident_id: str, at_most: int) -> list[Row[Any]]:
    """Return the rows of the open and newest episodes of an incident, in the order of opening."""
    query = _WITH_INCIDENT.where(episodes.c.incident_id == incident_id)
    newest = (episodes.c.ended_unix_seconds.is_not(None), episodes.c.opened_unix_seconds.desc())
    rows = connection.execute(query.order_by(*newest).limit(at_most))
    return sorted(rows, key=lambda row: (row.opened_unix_seconds, row.alertname, row.alert_id))


def episodes_of(connection: Connection, incident_ids: Sequence[str] | Select[tuple[str]]) -> list[Row[Any]]:
    """Return the rows of all episodes of these incidents, in the order in which they were opened."""
    query = _WITH_INCIDENT.where(episodes.c.incident_id.in_(incident_ids))
    order = (episodes.c.opened_unix_seconds, episodes.c.alertname, episodes.c.alert_id)
    return list(connection.execute(query.order_by(*order)))


def episodes_named(connection: Connection, alert_ids: Sequence[str]) -> list[Row[Any]]:
    """Return the rows of every episode of these alerts."""
    query = _WITH_INCIDENT.where(episodes.c.alert_id.in_(select(_ASKED.c.value)))
    return list(connection.execute(query, {"alert_ids": json.dumps(alert_ids)}))


def episode_of(row: Row[*tuple[Any, ...]]) -> Episode:
    """Return the episode that *row* holds."""
    return Episode(
        alert_id=row.alert_id,
        number=row.number,
        alert=Alert(
            alert_id=row.alert_id,
            labels=row.labels,
            annotations=row.annotations,
            is_firing=row.ended_unix_seconds is None,
            starts_unix_seconds=row.starts_unix_seconds,
            ends_unix_seconds=row.ended_unix_seconds,
            generator_url=row.generator_url,
            is_unwatched=row.is_unwatched,
        ),
        opened_unix_seconds=row.opened_unix_seconds,
        ended_unix_seconds=row.ended_unix_seconds,
        closed_unix_seconds=row.closed_unix_seconds,
        is_end_reconciled=row.is_end_reconciled,
        is_unwatched=row.is_unwatched,
        watched_as=row.watched_as,
        reopened_unix_seconds=row.reopened_unix_seconds,
        restarted_unix_seconds=row.restarted_unix_seconds,
    )


def row_of(episode: Episode, incident_id: str, host: str) -> dict[str, object]:
    """Return the column values of *episode* as part of an incident, about that *host*."""
    alert = episode.alert
    return {
        "alert_id": episode.alert_id,
        "number": episode.number,
        "incident_id": incident_id,
        "alertname": alert.labels.get("alertname", ""),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "generator_url": alert.generator_url,
        "starts_unix_seconds": alert.starts_unix_seconds,
        "opened_unix_seconds": episode.opened_unix_seconds,
        "ended_unix_seconds": episode.ended_unix_seconds,
        "closed_unix_seconds": episode.closed_unix_seconds,
        "is_end_reconciled": episode.is_end_reconciled,
        "is_unwatched": episode.is_unwatched,
        "watched_as": episode.watched_as,
        "reopened_unix_seconds": episode.reopened_unix_seconds,
        "restarted_unix_seconds": episode.restarted_unix_seconds,
        "host": host,
    }

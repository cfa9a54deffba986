"""Rows of the tables <-> episodes."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from alertbridge.alerts import Alert
from alertbridge.episodes import Episode
from alertbridge.outbox.schema import episodes

_IDS_PER_QUERY = 500  # well below SQLite's limit of variables in older versions


def latest_episodes(connection: Connection, alert_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the row of the latest episode of each alert that has one, by alert id."""
    found = {}
    newest = (
        select(episodes.c.alert_id, func.max(episodes.c.number).label("number"))
        .group_by(episodes.c.alert_id)
        .subquery()
    )
    for chunk in _chunks(alert_ids):
        query = select(episodes).join(
            newest,
            and_(episodes.c.alert_id == newest.c.alert_id, episodes.c.number == newest.c.number),
        )
        for row in connection.execute(query.where(episodes.c.alert_id.in_(chunk))):
            found[row.alert_id] = row
    return found


def episodes_of(connection: Connection, incident_id: str) -> list[Row[Any]]:
    """Return the rows of an incident's episodes, in the order in which they were told."""
    query = select(episodes).where(episodes.c.incident_id == incident_id)
    order = (episodes.c.opened_unix_seconds, episodes.c.alertname, episodes.c.alert_id)
    return list(connection.execute(query.order_by(*order)))


def episode_of(row: Row[Any]) -> Episode:
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
        ),
        opened_unix_seconds=row.opened_unix_seconds,
        ended_unix_seconds=row.ended_unix_seconds,
        closed_unix_seconds=row.closed_unix_seconds,
    )


def row_of(episode: Episode, incident_id: str) -> dict[str, object]:
    """Return the column values of *episode* as part of an incident."""
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
    }


def _chunks(alert_ids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(alert_ids)
    while chunk := list(islice(rest, _IDS_PER_QUERY)):
        yield chunk

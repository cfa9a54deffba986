"""What a notice tells: the state of each episode that concerns its reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.sql.elements import ColumnElement

from alertbridge.episodes import Episode
from alertbridge.outbox.rows import episode_of, episodes_of
from alertbridge.outbox.schema import State, notices
from alertbridge.routing import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEpisode:
    """An episode as a notice tells it.

    Attributes:
        episode: As it is stored.
        is_over: What the notice says; older than the stored state when an uncertain attempt is repeated.
        last_answered_unix_seconds: What an earlier notice found out; None when none did.
    """

    episode: Episode
    is_over: bool
    last_answered_unix_seconds: float | None


def told_by(connection: Connection, row: Row[Any], routing: Routing) -> list[ToldEpisode]:
    """Return what the notice tells; empty when there is no news for its user any more."""
    found = {(one.alert_id, one.number): one for one in episodes_of(connection, row.incident_id)}
    if row.told is not None:
        frozen = {(alert_id, number): is_over for alert_id, number, is_over in row.told}
        return [_told_episode(found[key], is_over) for key, is_over in frozen.items() if key in found]
    user = routing.user(row.user_name)
    if user is None:
        return []
    told = [
        _told_episode(one, one.ended_unix_seconds is not None)
        for one in found.values()
        if routing.is_told(user, episode_of(one).alert)
    ]
    return told if _states(told) != _last_told(connection, row) else []


def _told_episode(row: Row[Any], is_over: bool) -> ToldEpisode:  # noqa: FBT001 - a value, not a switch
    return ToldEpisode(
        episode=episode_of(row),
        is_over=is_over,
        last_answered_unix_seconds=row.last_answered_unix_seconds,
    )


def _states(told: Iterable[ToldEpisode]) -> set[tuple[str, int, bool]]:
    return {(one.episode.alert_id, one.episode.number, one.is_over) for one in told}


def _last_told(connection: Connection, row: Row[Any]) -> set[tuple[str, int, bool]]:
    is_same_thread: ColumnElement[bool] = (notices.c.incident_id == row.incident_id) & (
        notices.c.user_name == row.user_name
    )
    query = (
        select(notices.c.told)
        .where(is_same_thread, notices.c.state == State.ACCEPTED)
        .order_by(notices.c.sequence.desc())
        .limit(1)
    )
    return {tuple(one) for one in connection.scalar(query) or ()}

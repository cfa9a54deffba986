"""What a notice tells: the state of each episode that concerns its reader."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from alertbridge.alerts.episodes import Episode
from alertbridge.outbox.known import Key, overdue, told_or_under_way
from alertbridge.outbox.rows import episode_of, episodes_named, episodes_of
from alertbridge.outbox.schema import Purpose, notices
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEpisode:
    """An episode as a notice tells it.

    Attributes:
        episode: As it is stored.
        is_over: What the notice says; older than the stored state when an uncertain attempt is repeated.
        last_answered_unix_seconds: What an earlier notice found out; None when none did.
        is_news: Whether its reader has not been told of it, or not of its end.
    """

    episode: Episode
    is_over: bool
    last_answered_unix_seconds: float | None
    is_news: bool = True


def episodes_to_report(
    connection: Connection, notice: Row[Any], routing: Routing, now: float
) -> list[ReportedEpisode]:
    """Return what *notice* tells; empty when there is nothing to tell its user any more."""
    if notice.told:
        return _word_for_word(connection, notice.told)
    user = routing.user(notice.user_name)
    if user is None:
        return []
    if notice.purpose == Purpose.REMINDER:
        return _reminded(connection, user, routing, now)
    told = [one for one in _with_news(connection, notice) if routing.is_recipient(user, one.episode.alert)]
    news = [one for one in told if one.is_news]
    if notice.purpose == Purpose.DIGEST and news:
        return news + _reminded(connection, user, routing, now)
    return told if news else []


def as_kept(told: Iterable[ReportedEpisode]) -> list[tuple[str, int, bool, bool]]:
    """Return *told* as it is kept with its notice."""
    return [(one.episode.alert_id, one.episode.number, one.is_over, one.is_news) for one in told]


def _word_for_word(connection: Connection, kept: Sequence[Sequence[Any]]) -> list[ReportedEpisode]:
    found = {_key(row): row for row in episodes_named(connection, [one[0] for one in kept])}
    return [
        _told_episode(found[alert_id, number], is_over=is_over, is_news=all(is_news))  # once, all were news
        for alert_id, number, is_over, *is_news in kept
        if (alert_id, number) in found
    ]


def _with_news(connection: Connection, notice: Row[Any]) -> list[ReportedEpisode]:
    """Return the episodes of the incident of *notice*, or of all that were folded into it."""
    is_digest = notice.purpose == Purpose.DIGEST
    folded = select(notices.c.incident_id).where(notices.c.digest_id == notice.notice_id)
    rows = episodes_of(connection, folded if is_digest else [notice.incident_id])
    told = told_or_under_way(connection, notice, {row.alert_id for row in rows})
    states = [(row, row.ended_unix_seconds is not None) for row in rows]
    return [
        _told_episode(row, is_over=is_over, is_news=told.get(_key(row)) not in {True, is_over})
        for row, is_over in states
    ]


def _reminded(
    connection: Connection, user: UserSettings, routing: Routing, now: float
) -> list[ReportedEpisode]:
    rows = overdue(connection, user, routing, now)
    return [_told_episode(row, is_over=False, is_news=False) for row in rows]


def _told_episode(row: Row[Any], *, is_over: bool, is_news: bool) -> ReportedEpisode:
    return ReportedEpisode(
        episode=episode_of(row),
        is_over=is_over,
        last_answered_unix_seconds=row.last_answered_unix_seconds,
        is_news=is_news,
    )


def _key(row: Row[Any]) -> Key:
    return row.alert_id, row.number

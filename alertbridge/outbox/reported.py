"""What a notice reports: the state of each episode that its user wants to know of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.flapping import Problem, goes_on, problem_of
from alertbridge.outbox.crowd import KEPT_AT_MOST
from alertbridge.outbox.notified import Key, notified_or_in_flight, overdue_for_reminder
from alertbridge.outbox.rows import episode_of, episodes_named, episodes_of, newest_episodes_of
from alertbridge.outbox.schema import Purpose, notices
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings

_SHOWN_AT_MOST = KEPT_AT_MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEpisode:
    """An episode as a notice reports it.

    Attributes:
        episode: As it is stored.
        is_over: What the notice says; older than the stored state when an ambiguous attempt is repeated.
        last_answered_unix_seconds: What an earlier notice found out; None when none did.
        is_news: Whether its user has not been notified of it yet, or not of its end.
        was_notified: Whether its user has been notified of it before, of its start or its end.
        is_correction: Whether its user has been notified of an end that was wrong.
        incident_id: Its incident.
        host: The host that it is about, as the settings named it when it began.
        is_flapping: Whether the mails of its incident are damped.
    """

    episode: Episode
    is_over: bool
    last_answered_unix_seconds: float | None
    is_news: bool = True
    was_notified: bool = False
    is_correction: bool = False
    incident_id: str = ""
    host: str = ""
    is_flapping: bool = False

    @property
    def key(self) -> Key:
        """Which episode it is."""
        return self.episode.alert_id, self.episode.number


def episodes_to_report(
    connection: Connection, notice: Row[Any], routing: Routing, now: float
) -> list[ReportedEpisode]:
    """Return what *notice* reports; empty when there is no news left for its user."""
    if notice.told:
        return _as_before(connection, notice.told)
    user = routing.user(notice.user_name)
    if user is None:
        return []
    if notice.purpose == Purpose.REMINDER:
        return _to_remind_of(connection, user, routing, now)
    current = _current(connection, notice)
    reported = [one for one in current if one.was_notified or routing.is_recipient(user, one.episode.alert)]
    if len(reported) < len(current):
        # What goes on with another severity may not be said to be over, whatever the user watches
        keys = {one.key for one in reported}
        notified: defaultdict[tuple[str, Problem], list[ReportedEpisode]] = defaultdict(list)
        for one in reported:
            if one.was_notified:
                notified[_problem(one)].append(one)
        reported = [
            one
            for one in current
            if one.key in keys or any(_becomes(before, one) for before in notified[_problem(one)])
        ]
    news = [one for one in reported if one.is_news]
    if notice.purpose == Purpose.DIGEST and news:
        return news + _to_remind_of(connection, user, routing, now)
    return reported if news else []


def _becomes(before: ReportedEpisode, one: ReportedEpisode) -> bool:
    """Return whether what the user was notified of *before* goes on as this *one*, of another severity."""
    if before.is_news or not before.is_over:
        return True
    ended = before.episode.ended_unix_seconds
    return ended is not None and not one.is_over and goes_on(ended, one.episode.opened_unix_seconds)


def _problem(one: ReportedEpisode) -> tuple[str, Problem]:
    return one.incident_id, problem_of(one.episode.alert)


def as_stored(reported: Iterable[ReportedEpisode]) -> list[tuple[str, int, bool, bool]]:
    """Return *reported* as it is stored with its notice."""
    return [(one.episode.alert_id, one.episode.number, one.is_over, one.is_news) for one in reported]


def corrected_by(reported: Iterable[ReportedEpisode]) -> list[Key]:
    """Return which episodes *reported* to go on, after they had been found not to have ended."""
    return [
        (one.episode.alert_id, one.episode.number)
        for one in reported
        if not one.is_over and one.episode.reopened_unix_seconds is not None
    ]


def _as_before(connection: Connection, stored: Sequence[Sequence[Any]]) -> list[ReportedEpisode]:
    """Return what an earlier attempt reported, by what was *stored* of it."""
    found = {_key(row): row for row in episodes_named(connection, [one[0] for one in stored])}
    return [
        _reported(found[alert_id, number], is_over=is_over, is_news=all(is_news))  # older rows hold news only
        for alert_id, number, is_over, *is_news in stored
        if (alert_id, number) in found
    ]


def _current(connection: Connection, notice: Row[Any]) -> list[ReportedEpisode]:
    """Return the episodes of the incident of *notice*, or of all incidents in a digest, as they are now."""
    is_digest = notice.purpose == Purpose.DIGEST
    folded = select(notices.c.incident_id).where(notices.c.digest_id == notice.notice_id)
    rows = (
        episodes_of(connection, folded)
        if is_digest
        else newest_episodes_of(connection, notice.incident_id, _SHOWN_AT_MOST)
    )
    notified = notified_or_in_flight(connection, notice, {row.alert_id for row in rows})
    states = [(row, row.ended_unix_seconds is not None, notified.get(_key(row))) for row in rows]
    return [
        replace(
            _reported(row, is_over=is_over, is_news=before is not is_over),
            was_notified=before is not None,
            is_correction=before is True and not is_over,
        )
        for row, is_over, before in states
    ]


def _to_remind_of(
    connection: Connection, user: UserSettings, routing: Routing, now: float
) -> list[ReportedEpisode]:
    rows = overdue_for_reminder(connection, user, routing, now)
    return [_reported(row, is_over=False, is_news=False) for row in rows]


def _reported(row: Row[Any], *, is_over: bool, is_news: bool) -> ReportedEpisode:
    return ReportedEpisode(
        episode=episode_of(row),
        is_over=is_over,
        last_answered_unix_seconds=row.last_answered_unix_seconds,
        is_news=is_news,
        incident_id=row.incident_id,
        host=row.host,
        is_flapping=row.is_flapping,
    )


def _key(row: Row[Any]) -> Key:
    return row.alert_id, row.number

"""What a payload changes in the store: pure, from what is stored to rows; `intake_rows.py` reads and writes.

Whoever has a thread of an incident is notified of all news of it, others only of episodes that open.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode, Fold
from alertbridge.alerts.storms import IncidentGroup, group_into_incidents
from alertbridge.outbox.schema import State
from alertbridge.outbox.stored import StoredIncident, StoredNotice, StoredState
from alertbridge.routing.recipients import Priority, Routing, priority_of

_NEW_INCIDENT = StoredIncident()
_UNSENT = {State.PENDING, State.WAITING, State.HELD}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """A new incident."""

    incident_id: str
    alertname: str
    is_storm: bool
    opened_unix_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRow:
    """A new thread: the mails about one incident to one user."""

    incident_id: str
    user_name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A new notice."""

    incident_id: str
    user_name: str
    sequence: int
    priority: int
    state: State
    created_unix_seconds: float
    next_unix_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The rows that a payload changes.

    Attributes:
        changed_episodes: Stored ones that have ended, or go on though they had.
        incidents: To insert.
        episodes: To insert, by the id of their incident.
        threads: To insert.
        notices: To insert.
        updated_notices: Stored ones that report more than before, or leave sooner.
    """

    changed_episodes: tuple[Episode, ...]
    incidents: tuple[IncidentRow, ...]
    episodes: Mapping[str, tuple[Episode, ...]]
    threads: tuple[ThreadRow, ...]
    notices: tuple[NoticeRow, ...]
    updated_notices: tuple[StoredNotice, ...]

    @property
    def notice_count(self) -> int:
        """How many notices are new, or report more than before."""
        return len(self.notices) + len(self.updated_notices)


@dataclass(slots=True)
class _News:
    """What changes in one incident."""

    opened: list[Episode] = field(default_factory=list)
    closed: list[Episode] = field(default_factory=list)
    lapsed: list[Episode] = field(default_factory=list)
    reopened: list[Episode] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notification:
    """What one user is notified of, in one incident."""

    incident_id: str
    user_name: str
    alerts: Sequence[Alert]
    priority: Priority
    last: StoredNotice | None
    is_thread_new: bool
    is_paced: bool


def changes_of(
    folded: Fold, stored: StoredState, routing: Routing, now: float, new_incident_id: Callable[[], str]
) -> Changes:
    """Return the rows that *folded* changes, given what is *stored*, in the order in which to insert them."""
    groups = [
        (group.incident_id or new_incident_id(), group)
        for group in group_into_incidents(folded.opened, stored.storms, routing.storm_hosts)
    ]
    lapsed = [one for one in folded.lapsed if one.number == _latest_number(stored, one.alert_id)]
    notified = [
        notification
        for incident_id, news in _news_by_incident(groups, folded, lapsed, stored).items()
        for notification in _notifications(incident_id, news, stored, routing)
    ]
    notices = [_notice(one, routing.storm_window_seconds, now) for one in notified]
    return Changes(
        changed_episodes=(*folded.closed, *lapsed, *folded.reopened),
        incidents=tuple(_incident(name, group, now) for name, group in groups if group.incident_id is None),
        episodes={name: group.episodes for name, group in groups},
        threads=tuple(_thread(one, routing) for one in notified if one.is_thread_new),
        notices=tuple(one for one in notices if isinstance(one, NoticeRow)),
        updated_notices=tuple(one for one in notices if isinstance(one, StoredNotice)),
    )


def _latest_number(stored: StoredState, alert_id: str) -> int:
    return stored.latest[alert_id].episode.number if alert_id in stored.latest else 0


def _news_by_incident(
    groups: Iterable[tuple[str, IncidentGroup]],
    folded: Fold,
    lapsed: Iterable[Episode],
    stored: StoredState,
) -> dict[str, _News]:
    news: defaultdict[str, _News] = defaultdict(_News)
    for incident_id, group in groups:
        news[incident_id].opened += group.episodes
    for episode in folded.closed:
        news[stored.latest[episode.alert_id].incident_id].closed.append(episode)
    for episode in folded.reopened:
        news[stored.latest[episode.alert_id].incident_id].reopened.append(episode)
    for episode in lapsed:
        news[stored.latest[episode.alert_id].incident_id].lapsed.append(episode)
    return news


def _notifications(
    incident_id: str, news: _News, stored: StoredState, routing: Routing
) -> Iterable[_Notification]:
    """Yield who is notified of *news*: of an episode that was open before, only who has a thread of it."""
    before = stored.incidents.get(incident_id, _NEW_INCIDENT)
    alerts: defaultdict[str, list[Alert]] = defaultdict(list)
    priorities: defaultdict[str, set[Priority]] = defaultdict(set)
    for is_opened, episodes in ((True, news.opened), (False, news.closed), (False, news.reopened)):
        for episode in episodes:
            priority = priority_of(episode.alert, is_over=not episode.is_open)
            concerned = routing.recipients(episode.alert) if is_opened else routing.users
            for user in concerned:
                if is_opened or user.name in before.last_notices:
                    alerts[user.name].append(episode.alert)
                    priorities[user.name].add(priority)
    is_paced = _is_storm_going_on(before, news)
    for user_name, about in alerts.items():
        yield _Notification(
            incident_id=incident_id,
            user_name=user_name,
            alerts=about,
            priority=min(priorities[user_name]),
            last=before.last_notices.get(user_name),
            is_thread_new=user_name not in before.last_notices,
            is_paced=is_paced,
        )


def _is_storm_going_on(before: StoredIncident, news: _News) -> bool:
    """Return whether some have been notified of an incident of several episodes that have not all ended."""
    total = before.episode_count + len(news.opened)
    ended = before.ended_count + len(news.closed) + len(news.lapsed) - len(news.reopened)
    ended += sum(not episode.is_open for episode in news.opened)
    return bool(before.last_notices) and total > 1 and ended < total


def _notice(notified: _Notification, window_seconds: float, now: float) -> NoticeRow | StoredNotice:
    due = _due_unix_seconds(notified, window_seconds, now)
    last = notified.last
    if last is not None and last.state in _UNSENT and not last.is_content_fixed:
        return _reporting_more(last, notified.priority, now, due)
    return NoticeRow(
        incident_id=notified.incident_id,
        user_name=notified.user_name,
        sequence=0 if last is None else last.sequence + 1,
        priority=notified.priority,
        state=State.PENDING,
        created_unix_seconds=now,
        next_unix_seconds=due,
    )


def _due_unix_seconds(notified: _Notification, window_seconds: float, now: float) -> float:
    """Return when the notice may leave: that of a storm that goes on once per window, others at once."""
    last = notified.last
    if not notified.is_paced or last is None or last.state == State.HELD:
        return now
    # The clock may have been set back since the last one
    return max(now, min(last.created_unix_seconds, now) + window_seconds)


def _reporting_more(waiting: StoredNotice, priority: Priority, now: float, due: float) -> StoredNotice:
    """Return *waiting* as it reports this news too, and leaves as soon as this asks for.

    One that is held is judged anew: this news may be such as passes quiet hours.
    """
    priority = min(priority, Priority(waiting.priority))
    if waiting.state == State.HELD:
        return replace(
            waiting,
            priority=priority,
            state=State.PENDING,
            held_unix_seconds=None,
            created_unix_seconds=now,
            next_unix_seconds=due,
        )
    # A failed attempt has set the time of the next one
    is_sooner = waiting.attempts == 0
    next_unix_seconds = min(due, waiting.next_unix_seconds) if is_sooner else waiting.next_unix_seconds
    return replace(waiting, priority=priority, next_unix_seconds=next_unix_seconds)


def _thread(notified: _Notification, routing: Routing) -> ThreadRow:
    title = routing.title_of(notified.alerts)
    return ThreadRow(incident_id=notified.incident_id, user_name=notified.user_name, title=title)


def _incident(incident_id: str, group: IncidentGroup, now: float) -> IncidentRow:
    return IncidentRow(
        incident_id=incident_id,
        alertname=group.episodes[0].alert.labels.get("alertname", ""),
        is_storm=group.is_storm,
        opened_unix_seconds=now,
    )

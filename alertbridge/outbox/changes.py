"""What a payload changes in the store: pure, from what is stored to rows; `intake_rows.py` reads and writes.

Whoever has a thread of an incident is notified of all news of it, others only of episodes that open.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode, Fold
from alertbridge.alerts.storms import IncidentGroup, group_into_incidents
from alertbridge.outbox.scheduling import NoticeRow, Notification, notice_of
from alertbridge.outbox.stored import StoredIncident, StoredNotice, StoredState
from alertbridge.outbox.titles import Titles
from alertbridge.routing.recipients import Priority, Routing

_NEW_INCIDENT = StoredIncident()


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
class Changes:
    """The rows that a payload changes.

    Attributes:
        changed_episodes: Stored ones that have ended, or go on though they had.
        incidents: To insert.
        episodes: To insert, by the id of their incident.
        threads: To insert.
        notices: To insert.
        updated_notices: Stored ones that report more than before, or leave sooner.
        flapping: Ids of stored incidents whose mails are damped from now on.
    """

    changed_episodes: tuple[Episode, ...]
    incidents: tuple[IncidentRow, ...]
    episodes: Mapping[str, tuple[Episode, ...]]
    threads: tuple[ThreadRow, ...]
    notices: tuple[NoticeRow, ...]
    updated_notices: tuple[StoredNotice, ...]
    flapping: tuple[str, ...] = ()

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
    is_flapping: bool = False


def changes_of(
    folded: Fold, stored: StoredState, routing: Routing, now: float, new_incident_id: Callable[[], str]
) -> Changes:
    """Return the rows that *folded* changes, given what is *stored*, in the order in which to insert them."""
    groups = [
        (group.incident_id or new_incident_id(), group)
        for group in _groups(folded.opened, stored, routing.storm_hosts)
    ]
    lapsed = [one for one in folded.lapsed if one.number == _latest_number(stored, one.alert_id)]
    notified = [
        notification
        for incident_id, news in _news_by_incident(groups, folded, lapsed, stored).items()
        for notification in _notifications(incident_id, news, stored, routing)
    ]
    notices = [notice_of(one, routing.storm_window_seconds, now) for one in notified]
    titles = Titles(routing)
    return Changes(
        changed_episodes=(*folded.closed, *lapsed, *folded.reopened),
        incidents=tuple(_incident(name, group, now) for name, group in groups if group.incident_id is None),
        episodes=_episodes(groups),
        threads=tuple(_thread(one, titles.of(one.alerts)) for one in notified if one.is_thread_new),
        notices=tuple(one for one in notices if isinstance(one, NoticeRow)),
        updated_notices=tuple(one for one in notices if isinstance(one, StoredNotice)),
        flapping=tuple(name for name, group in groups if group.is_flapping),
    )


def _groups(opened: Iterable[Episode], stored: StoredState, storm_hosts: int) -> list[IncidentGroup]:
    """Return the incidents that new episodes make or join, those that flap first."""
    rejoined = [
        (stored.rejoined[key], one)
        for one in opened
        if (key := (one.alert_id, one.number)) in stored.rejoined
    ]
    joining = [
        IncidentGroup(
            incident_id=to.incident_id, is_storm=False, is_flapping=to.is_flapping, episodes=(episode,)
        )
        for to, episode in rejoined
    ]
    others = [one for one in opened if (one.alert_id, one.number) not in stored.rejoined]
    return joining + group_into_incidents(others, stored.storms, storm_hosts)


def _episodes(groups: Iterable[tuple[str, IncidentGroup]]) -> dict[str, tuple[Episode, ...]]:
    found: dict[str, tuple[Episode, ...]] = {}
    for incident_id, group in groups:
        found[incident_id] = (*found.get(incident_id, ()), *group.episodes)
    return found


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
        news[incident_id].is_flapping |= group.is_flapping
    for episode in folded.closed:
        news[stored.latest[episode.alert_id].incident_id].closed.append(episode)
    for episode in folded.reopened:
        news[stored.latest[episode.alert_id].incident_id].reopened.append(episode)
    for episode in lapsed:
        news[stored.latest[episode.alert_id].incident_id].lapsed.append(episode)
    return news


def _notifications(
    incident_id: str, news: _News, stored: StoredState, routing: Routing
) -> Iterable[Notification]:
    """Yield who is notified of *news*: of an episode that was open before, only who has a thread of it.

    Whoever has one may also have to know that what they were notified of goes on with another severity.
    """
    before = stored.incidents.get(incident_id, _NEW_INCIDENT)
    has_thread = [user.name for user in routing.users if user.name in before.last_notices]
    alerts: defaultdict[str, list[Alert]] = defaultdict(list)
    priorities: defaultdict[str, set[Priority]] = defaultdict(set)
    for is_opened, episodes in ((True, news.opened), (False, news.closed), (False, news.reopened)):
        for episode in episodes:
            priority = routing.priority_of(episode.alert, is_over=not episode.is_open)
            recipients = [user.name for user in routing.recipients(episode.alert)] if is_opened else []
            others = [] if is_opened and before.is_storm else has_thread
            for user_name in dict.fromkeys((*recipients, *others)):
                alerts[user_name].append(episode.alert)
                priorities[user_name].add(priority)
    is_paced = _is_storm_going_on(before, news)
    for user_name, about in alerts.items():
        yield Notification(
            incident_id=incident_id,
            user_name=user_name,
            alerts=about,
            priority=min(priorities[user_name]),
            last=before.last_notices.get(user_name),
            is_thread_new=user_name not in before.last_notices,
            is_paced=is_paced,
            is_flapping=before.is_flapping or news.is_flapping,
        )


def _is_storm_going_on(before: StoredIncident, news: _News) -> bool:
    """Return whether some have been notified of an incident of several episodes that have not all ended."""
    total = before.episode_count + len(news.opened)
    ended = before.ended_count + len(news.closed) + len(news.lapsed) - len(news.reopened)
    ended += sum(not episode.is_open for episode in news.opened)
    return before.is_storm and bool(before.last_notices) and total > 1 and ended < total


def _thread(notified: Notification, title: str) -> ThreadRow:
    return ThreadRow(incident_id=notified.incident_id, user_name=notified.user_name, title=title)


def _incident(incident_id: str, group: IncidentGroup, now: float) -> IncidentRow:
    return IncidentRow(
        incident_id=incident_id,
        alertname=group.episodes[0].alert.labels.get("alertname", ""),
        is_storm=group.is_storm,
        opened_unix_seconds=now,
    )

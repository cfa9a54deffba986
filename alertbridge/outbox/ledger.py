"""One transaction's changes to the store: what a payload opens and ends, and the notices owed for it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.storms import Opening, StormState, due_unix_seconds, openings
from alertbridge.outbox.rows import Stored, row_of
from alertbridge.outbox.schema import State, episodes, incidents, notices, threads
from alertbridge.routing.recipients import Priority, Routing, priority_of

# Statements are made once: making them costs more than SQLite takes to run them.
_RECENT_EPISODES = select(func.count()).where(
    episodes.c.alertname == bindparam("alertname"), episodes.c.opened_unix_seconds > bindparam("since")
)
_RECENT_STORM = (
    select(incidents.c.incident_id)
    .where(incidents.c.alertname == bindparam("alertname"), incidents.c.is_storm)
    .where(incidents.c.opened_unix_seconds > bindparam("since"))
    .order_by(incidents.c.opened_unix_seconds.desc())
    .limit(1)
)
_SIZE_AND_ENDED = select(func.count(), func.count(episodes.c.ended_unix_seconds)).where(
    episodes.c.incident_id == bindparam("incident_id")
)
_READERS = select(threads.c.user_name).where(threads.c.incident_id == bindparam("incident_id"))
_NOTICES = (
    select(notices).where(notices.c.incident_id == bindparam("incident_id")).order_by(notices.c.sequence)
)
_END = (
    episodes.update()
    .where(episodes.c.alert_id == bindparam("its_alert_id"))
    .where(episodes.c.number == bindparam("its_number"))
)


class Ledger:
    """Collects what changes, and writes it when told to."""

    def __init__(
        self, connection: Connection, routing: Routing, now: float, new_incident_id: Callable[[], str]
    ) -> None:
        self._connection = connection
        self._routing = routing
        self._now = now
        self._new_incident_id = new_incident_id
        self._news: defaultdict[str, list[Episode]] = defaultdict(list)
        self._opened: set[tuple[str, int]] = set()
        self._new_incidents: set[str] = set()
        self._new_threads: list[dict[str, object]] = []
        self._new_notices: list[dict[str, object]] = []

    def end(self, ended: Iterable[Episode]) -> None:
        """Write the end of episodes that were open."""
        ends = [
            {
                "its_alert_id": episode.alert_id,
                "its_number": episode.number,
                "ended_unix_seconds": episode.ended_unix_seconds,
                "closed_unix_seconds": episode.closed_unix_seconds,
                "is_end_reconciled": episode.is_end_reconciled,
            }
            for episode in ended
        ]
        if ends:
            self._connection.execute(_END, ends)

    def open(self, opened: Sequence[Episode]) -> None:
        """Write new episodes, each into an incident, which is news of it."""
        names = {episode.alert.labels.get("alertname", "") for episode in opened}
        storms = {name: self._storm_state(name) for name in names}
        incident_rows, episode_rows = [], []
        for opening in openings(opened, storms, self._routing.storm_hosts):
            incident_id = opening.incident_id or self._new_incident_id()
            if opening.incident_id is None:
                self._new_incidents.add(incident_id)
                incident_rows.append(self._incident_row(incident_id, opening))
            episode_rows += [row_of(episode, incident_id) for episode in opening.episodes]
            self._news[incident_id] += opening.episodes
        self._opened = {(episode.alert_id, episode.number) for episode in opened}
        self._insert(incidents, incident_rows)
        self._insert(episodes, episode_rows)

    def tell_ends(self, closed: Iterable[Episode], stored: Mapping[str, Stored]) -> None:
        """Count the end of episodes as news of their incidents."""
        for episode in closed:
            self._news[stored[episode.alert_id].incident_id].append(episode)

    def owe(self) -> int:
        """Write a notice for everybody who wants to know; return how many there are to be told."""
        owed = sum(self._owe_incident(incident_id, news) for incident_id, news in self._news.items())
        self._insert(threads, self._new_threads)
        self._insert(notices, self._new_notices)
        return owed

    def _owe_incident(self, incident_id: str, news: Sequence[Episode]) -> int:
        readers, last_notices = self._told_before(incident_id)
        told: defaultdict[str, list[Episode]] = defaultdict(list)
        priorities: defaultdict[str, set[Priority]] = defaultdict(set)
        for episode in news:
            is_fresh = (episode.alert_id, episode.number) in self._opened
            priority = priority_of(episode.alert, is_over=not episode.is_open)
            for user in self._routing.recipients(episode.alert):
                if is_fresh or user.name in readers:
                    told[user.name].append(episode)
                    priorities[user.name].add(priority)
        is_paced = bool(readers) and self._is_storm_going_on(incident_id)
        for user_name, episodes_told in told.items():
            thread: dict[str, object] = {"incident_id": incident_id, "user_name": user_name}
            if user_name not in readers:
                title = self._routing.title_of([episode.alert for episode in episodes_told])
                self._new_threads.append(thread | {"title": title})
            soonest = min(priorities[user_name])
            self._owe_notice(thread, last_notices.get(user_name), soonest, is_paced=is_paced)
        return len(told)

    def _told_before(self, incident_id: str) -> tuple[set[str], dict[str, Row[Any]]]:
        """Return who has a thread of the incident, and the last notice of each."""
        if incident_id in self._new_incidents:
            return set(), {}
        its = {"incident_id": incident_id}
        last = {row.user_name: row for row in self._connection.execute(_NOTICES, its)}
        return set(self._connection.scalars(_READERS, its)), last

    def _owe_notice(
        self, thread: Mapping[str, object], last: Row[Any] | None, priority: Priority, *, is_paced: bool
    ) -> None:
        last_created = last.created_unix_seconds if last else None
        window = self._routing.storm_window_seconds
        is_held = last is not None and last.state == State.HELD
        due = due_unix_seconds(last_created, self._now, window) if is_paced and not is_held else self._now
        if last and last.state in {State.PENDING, State.HELD} and last.told is None:
            self._hasten(last, priority, due)
            return
        notice = {
            "sequence": last.sequence + 1 if last else 0,
            "priority": priority,
            "state": State.PENDING,
            "created_unix_seconds": self._now,
            "next_unix_seconds": due,
        }
        self._new_notices.append({**thread, **notice})

    def _hasten(self, waiting: Row[Any], priority: int, due: float) -> None:
        """Let a notice that has not been put in words tell this news too, as soon as this asks for.

        One that is held asks anew whether it may leave: these news may be such as pass.
        """
        sooner: dict[str, object] = {"priority": min(priority, waiting.priority)}
        if waiting.state == State.HELD:
            sooner |= {"state": State.PENDING, "held_unix_seconds": None}
            sooner |= {"created_unix_seconds": self._now, "next_unix_seconds": due}
        elif waiting.attempts == 0:
            sooner["next_unix_seconds"] = min(due, waiting.next_unix_seconds)
        one = notices.c.notice_id == waiting.notice_id
        self._connection.execute(notices.update().where(one).values(sooner))

    def _is_storm_going_on(self, incident_id: str) -> bool:
        size, ended = self._connection.execute(_SIZE_AND_ENDED, {"incident_id": incident_id}).one()
        return bool(size > 1 and ended < size)

    def _storm_state(self, alertname: str) -> StormState:
        recent = {"alertname": alertname, "since": self._now - self._routing.storm_window_seconds}
        return StormState(
            recent_episodes=self._connection.scalar(_RECENT_EPISODES, recent) or 0,
            incident_id=self._connection.scalar(_RECENT_STORM, recent),
        )

    def _incident_row(self, incident_id: str, opening: Opening) -> dict[str, object]:
        return {
            "incident_id": incident_id,
            "alertname": opening.episodes[0].alert.labels.get("alertname", ""),
            "is_storm": opening.is_storm,
            "opened_unix_seconds": self._now,
        }

    def _insert(self, table: Any, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self._connection.execute(table.insert(), rows)

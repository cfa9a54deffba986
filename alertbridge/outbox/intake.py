"""Accepting a webhook: in one transaction, what it changes and to whom that is owed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from alertbridge.alerts import Alert
from alertbridge.episodes import Episode, Verdict, fold
from alertbridge.outbox.database import Database
from alertbridge.outbox.rows import Stored, episode_of, latest_episodes, row_of
from alertbridge.outbox.schema import State, episodes, incidents, notices, threads
from alertbridge.routing import (
    Opening,
    Routing,
    StormState,
    due_unix_seconds,
    openings,
    priority_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an accepted payload came to.

    Attributes:
        verdicts: How many of its alerts meant what.
        notices: How many notices are new, or have more to tell than before.
    """

    verdicts: Counter[Verdict]
    notices: int


class Intake:
    """Takes payloads in; what it has returned from survives a crash."""

    def __init__(self, database: Database, *, new_incident_id: Callable[[], str]) -> None:
        self._database = database
        self._new_incident_id = new_incident_id

    def take(self, alerts: Sequence[Alert], routing: Routing, now_unix_seconds: float) -> Taken:
        """Store what *alerts* change and the notices that follow from it.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        with self._database.transaction() as connection:
            stored = latest_episodes(connection, alerts)
            latest = {alert_id: one.episode for alert_id, one in stored.items()}
            folded = fold(latest, alerts, now_unix_seconds)
            ledger = _Ledger(connection, routing, now_unix_seconds, self._new_incident_id)
            ledger.end(folded.closed + folded.lapsed)
            ledger.open(folded.opened)
            ledger.tell_ends(folded.closed, stored)
            return Taken(verdicts=Counter(folded.verdicts), notices=ledger.owe())

    def open_since(self, alert_id: str) -> float | None:
        """Return since when the alert fires, in Unix seconds; None when it does not.

        Raises:
            StoreError: That could not be read.
        """
        query = (
            select(episodes.c.starts_unix_seconds)
            .where(episodes.c.alert_id == alert_id, episodes.c.ended_unix_seconds.is_(None))
            .order_by(episodes.c.number.desc())
        )
        with self._database.reading() as connection:
            return connection.scalar(query)

    def open_episodes(self) -> list[Episode]:
        """Return the episodes of which no end was told.

        Raises:
            StoreError: They could not be read.
        """
        query = select(episodes).where(episodes.c.ended_unix_seconds.is_(None))
        with self._database.reading() as connection:
            return [episode_of(row) for row in connection.execute(query)]


class _Ledger:
    """One transaction's changes: the incidents that they touch, and the notices owed for them."""

    def __init__(
        self, connection: Connection, routing: Routing, now: float, new_incident_id: Callable[[], str]
    ) -> None:
        self._connection = connection
        self._routing = routing
        self._now = now
        self._new_incident_id = new_incident_id
        self._news: defaultdict[str, list[Episode]] = defaultdict(list)
        self._fresh: set[tuple[str, int]] = set()

    def open(self, opened: Sequence[Episode]) -> None:
        names = {episode.alert.labels.get("alertname", "") for episode in opened}
        storms = {name: self._storm_state(name) for name in names}
        incident_rows, episode_rows = [], []
        for opening in openings(opened, storms, self._routing.storm_hosts):
            incident_id = opening.incident_id or self._new_incident_id()
            if opening.incident_id is None:
                incident_rows.append(self._incident_row(incident_id, opening))
            episode_rows += [row_of(episode, incident_id) for episode in opening.episodes]
            self._news[incident_id] += opening.episodes
        self._fresh = {(episode.alert_id, episode.number) for episode in opened}
        for table, rows in ((incidents, incident_rows), (episodes, episode_rows)):
            if rows:
                self._connection.execute(table.insert(), rows)

    def end(self, ended: Sequence[Episode]) -> None:
        one = (episodes.c.alert_id == bindparam("its_id")) & (episodes.c.number == bindparam("its_number"))
        ends = [
            {
                "its_id": episode.alert_id,
                "its_number": episode.number,
                "ended_unix_seconds": episode.ended_unix_seconds,
                "closed_unix_seconds": episode.closed_unix_seconds,
            }
            for episode in ended
        ]
        if ends:
            self._connection.execute(episodes.update().where(one), ends)

    def tell_ends(self, closed: Iterable[Episode], stored: Mapping[str, Stored]) -> None:
        for episode in closed:
            self._news[stored[episode.alert_id].incident_id].append(episode)

    def owe(self) -> int:
        """Store a notice for everybody who wants to know; return how many there are to be told."""
        return sum(self._owe_incident(incident_id, news) for incident_id, news in self._news.items())

    def _owe_incident(self, incident_id: str, news: list[Episode]) -> int:
        query = select(threads.c.user_name).where(threads.c.incident_id == incident_id)
        in_thread = set(self._connection.scalars(query))
        told: defaultdict[str, list[Episode]] = defaultdict(list)
        for episode in news:
            is_fresh = (episode.alert_id, episode.number) in self._fresh
            for user in self._routing.told_users(episode.alert):
                if is_fresh or user.name in in_thread:
                    told[user.name].append(episode)
        is_going_on = self._is_storm_going_on(incident_id)
        for user_name, episodes_told in told.items():
            if user_name not in in_thread:
                self._begin_thread(incident_id, user_name, episodes_told)
            self._owe_notice(incident_id, user_name, episodes_told, is_paced=is_going_on)
        return len(told)

    def _begin_thread(self, incident_id: str, user_name: str, told: list[Episode]) -> None:
        title = self._routing.title_of([episode.alert for episode in told])
        row = {"incident_id": incident_id, "user_name": user_name, "title": title}
        self._connection.execute(threads.insert().values(row))

    def _owe_notice(self, incident_id: str, user_name: str, news: list[Episode], *, is_paced: bool) -> None:
        thread = (notices.c.incident_id == incident_id) & (notices.c.user_name == user_name)
        last = self._connection.execute(
            select(notices).where(thread).order_by(notices.c.sequence.desc()).limit(1)
        ).first()
        last_created = last.created_unix_seconds if last else None
        window = self._routing.storm_window_seconds
        due = due_unix_seconds(last_created, self._now, window) if is_paced else self._now
        priority = min(priority_of(one.alert, is_over=not one.is_open) for one in news)
        if last and last.state == State.PENDING and last.told is None:
            sooner = {"priority": min(priority, last.priority)}
            if last.attempts == 0:
                sooner["next_unix_seconds"] = min(due, last.next_unix_seconds)
            self._connection.execute(
                notices.update().where(notices.c.notice_id == last.notice_id).values(sooner)
            )
            return
        row = {
            "incident_id": incident_id,
            "user_name": user_name,
            "sequence": last.sequence + 1 if last else 0,
            "priority": priority,
            "state": State.PENDING,
            "created_unix_seconds": self._now,
            "next_unix_seconds": due,
        }
        self._connection.execute(notices.insert().values(row))

    def _is_storm_going_on(self, incident_id: str) -> bool:
        its = select(func.count(), func.count(episodes.c.ended_unix_seconds))
        size, ended = self._connection.execute(its.where(episodes.c.incident_id == incident_id)).one()
        return bool(size > 1 and ended < size)

    def _storm_state(self, alertname: str) -> StormState:
        since = self._now - self._routing.storm_window_seconds
        recent = select(func.count()).where(
            episodes.c.alertname == alertname, episodes.c.opened_unix_seconds > since
        )
        storm = (
            select(incidents.c.incident_id)
            .where(incidents.c.alertname == alertname, incidents.c.is_storm)
            .where(incidents.c.opened_unix_seconds > since)
            .order_by(incidents.c.opened_unix_seconds.desc())
            .limit(1)
        )
        return StormState(
            recent_episodes=self._connection.scalar(recent) or 0,
            incident_id=self._connection.scalar(storm),
        )

    def _incident_row(self, incident_id: str, opening: Opening) -> dict[str, object]:
        return {
            "incident_id": incident_id,
            "alertname": opening.episodes[0].alert.labels.get("alertname", ""),
            "is_storm": opening.is_storm,
            "opened_unix_seconds": self._now,
        }

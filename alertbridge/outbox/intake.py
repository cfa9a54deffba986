"""Accepting a webhook: in one transaction, what it changes and the notices that follow."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode, Fold, Verdict, fold
from alertbridge.alerts.flapping import rejoin
from alertbridge.outbox.changes import changes_of
from alertbridge.outbox.crowd import count_excess
from alertbridge.outbox.database import Database
from alertbridge.outbox.disputes import disputed_of, forget_disputes, keep_disputes
from alertbridge.outbox.earlier import read_subjects
from alertbridge.outbox.end_claims import claim_ends, claimed_of, pass_on_claims, withdraw_claims
from alertbridge.outbox.intake_rows import read_latest, read_state, write_changes
from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import episodes
from alertbridge.outbox.stored import StoredEpisode
from alertbridge.routing.recipients import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The result of an accepted payload.

    Attributes:
        verdicts: The number of its alerts by verdict.
        notices: How many notices are new, or report more than before.
        unrouted: Alerts that begin and match no user, so that only admins are notified of them.
    """

    verdicts: Counter[Verdict]
    notices: int
    unrouted: tuple[Alert, ...] = ()


_LATER = episodes.alias()
_StillAsked = Callable[[Connection, Sequence[Alert], Mapping[str, StoredEpisode]], set[str]]


class Intake:
    """Accepts payloads; what `take` has returned for survives a crash."""

    def __init__(self, database: Database, *, new_incident_id: Callable[[], str]) -> None:
        self._database = database
        self._new_incident_id = new_incident_id

    def take(self, alerts: Sequence[Alert], routing: Routing, now_unix_seconds: float) -> Taken:
        """Store what *alerts* change and the notices that follow from it.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        return self._take(alerts, routing, now_unix_seconds)

    def close(self, ends: Sequence[Alert], routing: Routing, now_unix_seconds: float) -> Taken:
        """Store proven *ends* of alerts; one whose claim has been withdrawn meanwhile changes nothing.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        return self._take(ends, routing, now_unix_seconds, still_asked=_claimed)

    def settle(self, firings: Sequence[Alert], routing: Routing, now_unix_seconds: float) -> Taken:
        """Store what disputed *firings* were found to be; one that was settled meanwhile changes nothing.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        return self._take(firings, routing, now_unix_seconds, still_asked=_disputed)

    def _take(
        self, alerts: Sequence[Alert], routing: Routing, now: float, *, still_asked: _StillAsked | None = None
    ) -> Taken:
        with self._database.transaction() as connection:
            latest = read_latest(connection, alerts)
            if still_asked is not None:
                asked = still_asked(connection, alerts, latest)
                alerts = [alert for alert in alerts if alert.alert_id in asked]
            kept = count_excess(connection, alerts, latest, now)
            folded = fold({key: one.episode for key, one in latest.items()}, kept, now)
            since = now - routing.storm_window_seconds
            rejoined = rejoin(read_subjects(connection, folded, routing), now)
            stored = read_state(connection, latest, folded, rejoined, since_unix_seconds=since)
            changes = changes_of(folded, stored, routing, now, self._new_incident_id)
            write_changes(connection, changes, routing)
            claim_ends(connection, folded.claimed, now)
            pass_on_claims(connection, folded.opened)
            withdraw_claims(connection, (*folded.renewed, *folded.closed, *folded.lapsed))
            forget_disputes(connection, _settled_by(folded))
            keep_disputes(connection, folded.disputed, now)
        verdicts = Counter(folded.verdicts)
        if len(kept) < len(alerts):
            verdicts[Verdict.COUNTED] = len(alerts) - len(kept)
        unrouted = tuple(one.alert for one in folded.opened if routing.is_unrouted(one.alert))
        return Taken(verdicts=verdicts, notices=changes.notice_count, unrouted=unrouted)

    def open_since(self, alert_id: str) -> float | None:
        """Return since when the alert fires, in Unix seconds; None when it does not.

        Raises:
            StoreError: It could not be read.
        """
        query = (
            select(episodes.c.starts_unix_seconds)
            .where(episodes.c.alert_id == alert_id, episodes.c.ended_unix_seconds.is_(None))
            .order_by(episodes.c.number.desc())
        )
        with self._database.reading() as connection:
            return connection.scalar(query)

    def open_episodes(self) -> list[Episode]:
        """Return the episodes that have not ended.

        Raises:
            StoreError: They could not be read.
        """
        query = select(episodes).where(episodes.c.ended_unix_seconds.is_(None))
        with self._database.reading() as connection:
            return [episode_of(row) for row in connection.execute(query)]

    def ended_since(self, unix_seconds: float, alertnames: Collection[str]) -> list[Episode]:
        """Return the latest episode of each alert of these names, if it was closed since then.

        Raises:
            StoreError: They could not be read.
        """
        names = func.json_each(json.dumps(list(alertnames))).table_valued("value")
        query = select(episodes).where(
            episodes.c.closed_unix_seconds >= unix_seconds,
            episodes.c.alertname.in_(select(names.c.value)),
            ~exists().where(_LATER.c.alert_id == episodes.c.alert_id, _LATER.c.number > episodes.c.number),
        )
        with self._database.reading() as connection:
            return [episode_of(row) for row in connection.execute(query)]


def _claimed(connection: Connection, _ends: Sequence[Alert], latest: Mapping[str, StoredEpisode]) -> set[str]:
    return {alert_id for alert_id, _ in claimed_of(connection, (one.episode for one in latest.values()))}


def _disputed(
    connection: Connection, firings: Sequence[Alert], latest: Mapping[str, StoredEpisode]
) -> set[str]:
    disputed = disputed_of(connection, latest)
    asked = {(one.alert_id, one.starts_unix_seconds) for one in firings if one.is_firing}
    return {alert_id for alert_id, _ in disputed & asked}


def _settled_by(folded: Fold) -> Iterable[tuple[str, float]]:
    """Yield up to which start nothing is disputed any more, of each alert whose episode has changed."""
    for episode in (*folded.opened, *folded.reopened, *folded.closed):
        yield episode.alert_id, episode.newest_start_unix_seconds

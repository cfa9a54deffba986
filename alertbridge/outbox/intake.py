"""Accepting a webhook: in one transaction, what it changes and the notices that follow."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode, Verdict, fold
from alertbridge.outbox.changes import changes_of
from alertbridge.outbox.database import Database
from alertbridge.outbox.end_claims import claim_ends, claimed_of, withdraw_claims
from alertbridge.outbox.intake_rows import read_latest, read_state, write_changes
from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import episodes
from alertbridge.routing.recipients import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The result of an accepted payload.

    Attributes:
        verdicts: The number of its alerts by verdict.
        notices: How many notices are new, or report more than before.
    """

    verdicts: Counter[Verdict]
    notices: int


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
        return self._take(alerts, routing, now_unix_seconds, is_for_claims=False)

    def close(self, ends: Sequence[Alert], routing: Routing, now_unix_seconds: float) -> Taken:
        """Store proven *ends* of alerts; one whose claim has been withdrawn meanwhile changes nothing.

        Raises:
            StoreError: Nothing of it could be stored.
        """
        return self._take(ends, routing, now_unix_seconds, is_for_claims=True)

    def _take(self, alerts: Sequence[Alert], routing: Routing, now: float, *, is_for_claims: bool) -> Taken:
        with self._database.transaction() as connection:
            latest = read_latest(connection, alerts)
            if is_for_claims:
                claimed = {key for key, _ in claimed_of(connection, (one.episode for one in latest.values()))}
                alerts = [alert for alert in alerts if alert.alert_id in claimed]
            folded = fold({key: one.episode for key, one in latest.items()}, alerts, now)
            since = now - routing.storm_window_seconds
            stored = read_state(connection, latest, folded, since)
            changes = changes_of(folded, stored, routing, now, self._new_incident_id)
            write_changes(connection, changes)
            claim_ends(connection, folded.claimed, now)
            withdraw_claims(connection, (*folded.renewed, *folded.closed, *folded.lapsed))
        return Taken(verdicts=Counter(folded.verdicts), notices=changes.notice_count)

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

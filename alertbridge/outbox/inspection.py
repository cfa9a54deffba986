"""The outbox as an admin inspects and repairs it, beside a running bridge or without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select

from alertbridge.outbox.database import Database
from alertbridge.outbox.rows import episodes_of
from alertbridge.outbox.schema import UNSETTLED, State, end_claims, incidents, notices, threads


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice in its present state; times in Unix seconds, None where something has not happened."""

    notice_id: int
    incident_id: str
    user: str
    title: str
    state: str
    priority: int
    attempts: int
    is_ambiguous: bool
    created_unix_seconds: float
    next_unix_seconds: float
    settled_unix_seconds: float | None
    provider_id: str | None
    last_error: str | None
    delivery: str | None
    delivery_unix_seconds: float | None
    delivery_detail: str | None
    purpose: str
    held_unix_seconds: float | None
    digest_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeView:
    """An episode of an incident; times in Unix seconds, None where they are not known."""

    alertname: str
    host: str
    last_answered_unix_seconds: float | None
    fired_unix_seconds: float
    received_unix_seconds: float
    ended_unix_seconds: float | None
    end_received_unix_seconds: float | None
    is_end_reconciled: bool
    is_unwatched: bool = False
    watched_as: str = ""
    end_claimed_unix_seconds: float | None = None
    end_held_because: str = ""
    reopened_unix_seconds: float | None = None
    job: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident with its episodes and notices; that of a digest names the incidents *folded* into it."""

    incident_id: str
    opened_unix_seconds: float
    episodes: tuple[EpisodeView, ...]
    notices: tuple[NoticeView, ...]
    folded: tuple[str, ...]


class Inspection:
    """Shows the notices in *database*, and retries or drops them on request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unsettled_and_dead(self) -> list[NoticeView]:
        """Return pending, sending, held and dead notices, oldest first."""
        return self._read(_views().where(notices.c.state.in_((*UNSETTLED, State.DEAD))))

    def all(self, limit: int) -> list[NoticeView]:
        """Return the newest *limit* notices, oldest first."""
        return self._read(_views().order_by(None).order_by(notices.c.notice_id.desc()).limit(limit))[::-1]

    def notice(self, notice_id: int) -> NoticeView | None:
        """Return one notice; None when there is none of that id."""
        return next(iter(self._read(_views().where(notices.c.notice_id == notice_id))), None)

    def incident(self, incident_id: str) -> IncidentView | None:
        """Return an incident; None when there is none of that id."""
        query = select(incidents).where(incidents.c.incident_id == incident_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            rows = episodes_of(connection, [incident_id])
            claims = {(one.alert_id, one.number): one for one in connection.execute(select(end_claims))}
            digests = select(notices.c.notice_id).where(notices.c.incident_id == incident_id)
            into_these = select(notices.c.incident_id).where(notices.c.digest_id.in_(digests)).distinct()
            folded = connection.scalars(into_these).all()
        if row is None:
            return None
        return IncidentView(
            incident_id=incident_id,
            opened_unix_seconds=row.opened_unix_seconds,
            episodes=tuple(_episode_view(one, claims.get((one.alert_id, one.number))) for one in rows),
            notices=tuple(self._read(_views().where(notices.c.incident_id == incident_id))),
            folded=tuple(folded),
        )

    def retry(self, notice_ids: Sequence[int], now_unix_seconds: float) -> int:
        """Make dead notices pending again, with all attempts ahead; return how many that were.

        One that may have been sent before repeats the same mail under the same Message-Id.
        """
        are_these = notices.c.notice_id.in_(notice_ids) & (notices.c.state == State.DEAD)
        anew = {
            "state": State.PENDING,
            "attempts": 0,
            "created_unix_seconds": now_unix_seconds,
            "next_unix_seconds": now_unix_seconds,
            "settled_unix_seconds": None,
        }
        with self._database.transaction() as connection:
            unambiguous = are_these & notices.c.doubt_unix_seconds.is_(None)
            connection.execute(notices.update().where(unambiguous).values(told=None))
            return connection.execute(notices.update().where(are_these).values(anew)).rowcount

    def drop(self, notice_ids: Sequence[int], now_unix_seconds: float) -> int:
        """Drop notices that have not been sent, so that they never are; return how many that were."""
        are_these = notices.c.notice_id.in_(notice_ids)
        can_be = notices.c.state.in_((State.PENDING, State.WAITING, State.HELD, State.DEAD))
        dropped = {
            "state": State.SUPERSEDED,
            "settled_unix_seconds": now_unix_seconds,
            "last_error": "dropped by `outbox drop`",
        }
        with self._database.transaction() as connection:
            return connection.execute(notices.update().where(are_these, can_be).values(dropped)).rowcount

    def _read(self, query: Select[*tuple[Any, ...]]) -> list[NoticeView]:
        with self._database.reading() as connection:
            return [_notice_view(row) for row in connection.execute(query)]


def _views() -> Select[*tuple[Any, ...]]:
    return select(notices, threads.c.title).join(threads).order_by(notices.c.notice_id)


def _notice_view(row: Row[*tuple[Any, ...]]) -> NoticeView:
    return NoticeView(
        notice_id=row.notice_id,
        incident_id=row.incident_id,
        user=row.user_name,
        title=row.title,
        state=row.state,
        priority=row.priority,
        attempts=row.attempts,
        is_ambiguous=row.doubt_unix_seconds is not None,
        created_unix_seconds=row.created_unix_seconds,
        next_unix_seconds=row.next_unix_seconds,
        settled_unix_seconds=row.settled_unix_seconds,
        provider_id=row.provider_id,
        last_error=row.last_error,
        delivery=row.delivery,
        delivery_unix_seconds=row.delivery_unix_seconds,
        delivery_detail=row.delivery_detail,
        purpose=row.purpose,
        held_unix_seconds=row.held_unix_seconds,
        digest_id=row.digest_id,
    )


def _episode_view(row: Row[*tuple[Any, ...]], claim: Row[*tuple[Any, ...]] | None) -> EpisodeView:
    return EpisodeView(
        alertname=row.alertname,
        host=row.labels.get("host") or row.labels.get("instance", ""),
        last_answered_unix_seconds=row.last_answered_unix_seconds,
        fired_unix_seconds=row.starts_unix_seconds,
        received_unix_seconds=row.opened_unix_seconds,
        ended_unix_seconds=row.ended_unix_seconds,
        end_received_unix_seconds=row.closed_unix_seconds,
        is_end_reconciled=row.is_end_reconciled,
        is_unwatched=row.is_unwatched,
        watched_as=row.watched_as,
        end_claimed_unix_seconds=claim.claimed_unix_seconds if claim else None,
        end_held_because=claim.reason if claim else "",
        reopened_unix_seconds=row.reopened_unix_seconds,
        job=row.labels.get("job", ""),
    )

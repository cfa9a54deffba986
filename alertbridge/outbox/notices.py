"""What is owed to people: claimed one at a time, and settled only when it is known what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from alertbridge.outbox.backlog import paused_until
from alertbridge.outbox.database import Database
from alertbridge.outbox.due import next_due
from alertbridge.outbox.known import note_told
from alertbridge.outbox.schema import Purpose, State, episodes, lanes, notices
from alertbridge.outbox.summaries import hold, holders, release_held
from alertbridge.outbox.told import ReportedEpisode, as_kept, episodes_to_report
from alertbridge.routing.recipients import Routing, severity_of

_AFTER_CRASH_SECONDS = 10.0
_LOOKED_AT_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A notice that is being sent.

    Attributes:
        notice_id: Its number.
        incident_id: What it is about.
        user_name: Whom it is for.
        sequence: 0 for the thread's root, then counted up.
        title: What follows the subject's bracket.
        told: What it tells, at least one.
        attempts: This one included.
        created_unix_seconds: Since when it is owed.
        ambiguous_since_unix_seconds: When the last attempt that may have been sent ended; None if there was
            none.
        purpose: News of one incident, or of many.
        was_held: Whether it was kept until the quiet hours of its user were over.
    """

    notice_id: int
    incident_id: str
    user_name: str
    sequence: int
    title: str
    told: tuple[ReportedEpisode, ...]
    attempts: int
    created_unix_seconds: float
    ambiguous_since_unix_seconds: float | None
    purpose: Purpose = Purpose.NEWS
    was_held: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether an earlier attempt may have been sent."""
        return self.ambiguous_since_unix_seconds is not None


class Notices:
    """The notices of one lane, sent by one process at a time, named *owner*."""

    def __init__(self, database: Database, *, lane: str, owner: str) -> None:
        self._database = database
        self._lane = lane
        self._owner = owner

    def recover(self, now_unix_seconds: float) -> int:
        """Take back what another process was sending when it died; return how many that were.

        It may have been sent: it keeps its words and its Message-Id.
        """
        lost = (notices.c.state == State.SENDING) & (notices.c.owner != self._owner)
        again = {
            "state": State.PENDING,
            "doubt_unix_seconds": now_unix_seconds,
            "next_unix_seconds": now_unix_seconds + _AFTER_CRASH_SECONDS,
            "last_error": "the bridge stopped while sending",
        }
        with self._database.transaction() as connection:
            return connection.execute(notices.update().where(lost).values(again)).rowcount

    def claim(self, routing: Routing, now_unix_seconds: float) -> Claim | None:
        """Mark the next due notice as being sent and return it; None when nothing is due.

        On the way, what has become no news in the meantime is settled, what comes while it is quiet for its
        user is held, and what was held is released when the quiet is over.
        """
        while self._is_anything_due(now_unix_seconds):  # in transactions that keep nobody waiting for long
            with self._database.transaction() as connection:
                if paused_until(connection, self._lane, now_unix_seconds) is not None:
                    return None
                release_held(connection, routing, now_unix_seconds)
                for _ in range(_LOOKED_AT_AT_ONCE):
                    row = next_due(connection, now_unix_seconds)
                    if row is None:
                        return None
                    claim = self._claim(connection, row, routing, now_unix_seconds)
                    if claim is not None:
                        return claim
        return None

    def accept(
        self,
        claim: Claim,
        provider_id: str,
        now_unix_seconds: float,
        *,
        last_answered: Mapping[str, float],
    ) -> None:
        """Settle *claim*: it was taken; remember what it *last_answered* found out, by alert id."""
        with self._database.transaction() as connection:
            _settle(connection, claim.notice_id, State.ACCEPTED, now_unix_seconds, provider_id=provider_id)
            note_told(connection, claim.user_name, as_kept(claim.told), now_unix_seconds)
            for told in claim.told:
                moment = last_answered.get(told.episode.alert_id)
                if moment is not None and told.last_answered_unix_seconds is None:
                    connection.execute(
                        episodes.update()
                        .where(episodes.c.alert_id == told.episode.alert_id)
                        .where(episodes.c.number == told.episode.number)
                        .values(last_answered_unix_seconds=moment)
                    )

    def defer(self, claim: Claim, until_unix_seconds: float, reason: str) -> None:
        """Put *claim* back: it was surely not sent; the next attempt tells what is true by then."""
        told = {} if claim.is_ambiguous else {"told": None}
        self._put_back(claim, reason, {"next_unix_seconds": until_unix_seconds, **told})

    def defer_ambiguous(
        self, claim: Claim, until_unix_seconds: float, reason: str, *, now_unix_seconds: float
    ) -> None:
        """Put *claim* back: it may have been sent, so the next attempt repeats it word for word."""
        back = {"next_unix_seconds": until_unix_seconds, "doubt_unix_seconds": now_unix_seconds}
        self._put_back(claim, reason, back)

    def pause(self, claim: Claim, until_unix_seconds: float, reason: str) -> None:
        """Put *claim* back without counting the attempt, and leave the lane alone until then."""
        told = {} if claim.is_ambiguous else {"told": None}
        with self._database.transaction() as connection:
            mine = lanes.c.lane == self._lane
            connection.execute(lanes.delete().where(mine))
            row = {"lane": self._lane, "paused_until_unix_seconds": until_unix_seconds, "reason": reason}
            connection.execute(lanes.insert().values(row))
            back = {"state": State.PENDING, "last_error": reason, "attempts": claim.attempts - 1, **told}
            one = notices.c.notice_id == claim.notice_id
            connection.execute(notices.update().where(one).values(back))

    def resume(self) -> None:
        """Let the lane be used again at once, as after a change of its settings."""
        with self._database.transaction() as connection:
            connection.execute(lanes.delete().where(lanes.c.lane == self._lane))

    def retry_now(self, now_unix_seconds: float) -> None:
        """Let what waits for another attempt leave now, unless it may have been sent."""
        waits = (notices.c.state == State.PENDING) & (notices.c.attempts > 0)
        is_clear = notices.c.doubt_unix_seconds.is_(None)
        with self._database.transaction() as connection:
            waiting = waits & is_clear & (notices.c.next_unix_seconds > now_unix_seconds)
            connection.execute(notices.update().where(waiting).values(next_unix_seconds=now_unix_seconds))

    def shift_schedule(self, seconds: float) -> None:
        """Let every wait end *seconds* earlier: by so much the clock was set back."""
        until, pause = notices.c.next_unix_seconds, lanes.c.paused_until_unix_seconds
        waiting = notices.update().where(notices.c.state == State.PENDING)
        with self._database.transaction() as connection:
            connection.execute(waiting.values(next_unix_seconds=until - seconds))
            connection.execute(lanes.update().values(paused_until_unix_seconds=pause - seconds))

    def give_up(self, claim: Claim, reason: str, now_unix_seconds: float) -> None:
        """Give *claim* up, for the *reason*; it stays to be looked at."""
        with self._database.transaction() as connection:
            _settle(connection, claim.notice_id, State.DEAD, now_unix_seconds, last_error=reason)

    def _claim(self, connection: Connection, row: Row[Any], routing: Routing, now: float) -> Claim | None:
        told = episodes_to_report(connection, row, routing, now)
        if not told:
            _settle(connection, row.notice_id, State.SUPERSEDED, now)
            return None
        until = _quiet_until(row, told, routing, now)
        if until is None:
            return self._mark_sending(connection, row, told)
        hold(connection, row.notice_id, until, now)
        return None

    def _is_anything_due(self, now: float) -> bool:
        """Look without keeping others from writing: mostly there is nothing."""
        with self._database.reading() as connection:
            if paused_until(connection, self._lane, now) is not None:
                return False
            return next_due(connection, now) is not None or bool(holders(connection))

    def _mark_sending(self, connection: Connection, row: Row[Any], told: Sequence[ReportedEpisode]) -> Claim:
        values = {
            "state": State.SENDING,
            "owner": self._owner,
            "attempts": row.attempts + 1,
            "told": as_kept(told),
        }
        connection.execute(notices.update().where(notices.c.notice_id == row.notice_id).values(values))
        return Claim(
            notice_id=row.notice_id,
            incident_id=row.incident_id,
            user_name=row.user_name,
            sequence=row.sequence,
            title=row.title,
            told=tuple(told),
            attempts=row.attempts + 1,
            created_unix_seconds=row.created_unix_seconds,
            ambiguous_since_unix_seconds=row.doubt_unix_seconds,
            purpose=Purpose(row.purpose),
            was_held=row.held_unix_seconds is not None,
        )

    def _put_back(self, claim: Claim, reason: str, values: Mapping[str, object]) -> None:
        back = {"state": State.PENDING, "last_error": reason, **values}
        with self._database.transaction() as connection:
            one = notices.c.notice_id == claim.notice_id
            connection.execute(notices.update().where(one).values(back))


def _quiet_until(
    row: Row[Any], told: Sequence[ReportedEpisode], routing: Routing, now: float
) -> float | None:
    """Return until when the notice has to be held; None when it may leave now, as one in doubt always may."""
    user = routing.user(row.user_name)
    news = {severity_of(one.episode.alert) for one in told if one.is_news}
    if row.told or user is None or user.may_be_told(news, now):
        return None
    return user.quiet_until(now)


def _settle(connection: Connection, notice_id: int, state: State, now: float, **values: object) -> None:
    settled = {"state": state, "settled_unix_seconds": now, "owner": None, **values}
    connection.execute(notices.update().where(notices.c.notice_id == notice_id).values(settled))

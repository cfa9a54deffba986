"""Notices on their way out: claimed one at a time, and settled only when the outcome of sending is known."""

from collections.abc import Mapping

from alertbridge.outbox.backlog import paused_until
from alertbridge.outbox.claim import Claim, claim_notice
from alertbridge.outbox.database import Database
from alertbridge.outbox.follow_ups import create_follow_ups
from alertbridge.outbox.notified import record_corrections, record_notified
from alertbridge.outbox.postponed import LOOK_AGAIN_SECONDS
from alertbridge.outbox.queue import next_due_notice
from alertbridge.outbox.reported import as_stored, corrected_by
from alertbridge.outbox.schema import State, episodes, lanes, notices, threads
from alertbridge.outbox.summaries import release_held, users_with_held
from alertbridge.outbox.transitions import mark_sending, put_back, settle, wait
from alertbridge.routing.recipients import Routing

_AFTER_CRASH_SECONDS = 10.0
_NOTICES_PER_TRANSACTION = 20


class Notices:
    """The notices that one transport sends, by one process at a time, named *owner*."""

    def __init__(self, database: Database, *, transport: str, owner: str) -> None:
        self._database = database
        self._transport = transport
        self._owner = owner

    def recover(self, now_unix_seconds: float) -> int:
        """Make pending again what another process was composing or sending when it died; return how many.

        What was being sent may have been sent, so its next attempt repeats the same mail under the same
        Message-Id.
        """
        is_lost = notices.c.owner != self._owner
        unsent = is_lost & (notices.c.state == State.COMPOSING)
        lost = is_lost & (notices.c.state == State.SENDING)
        again = {
            "state": State.PENDING,
            "doubt_unix_seconds": now_unix_seconds,
            "next_unix_seconds": now_unix_seconds + _AFTER_CRASH_SECONDS,
            "last_error": "the bridge stopped while sending",
        }
        with self._database.transaction() as connection:
            is_clear = notices.c.doubt_unix_seconds.is_(None)
            connection.execute(notices.update().where(unsent & is_clear).values(told=None))
            count = connection.execute(notices.update().where(unsent).values(state=State.PENDING)).rowcount
            return count + connection.execute(notices.update().where(lost).values(again)).rowcount

    def claim(self, routing: Routing, now_unix_seconds: float) -> Claim | None:
        """Mark the next due notice as being composed and return it; None when nothing is due.

        On the way, notices without news are superseded, those whose news is not to be reported yet wait, and
        those due in their user's quiet hours are held; held ones are released once the quiet hours are over.
        """
        while self._is_anything_due(now_unix_seconds):  # in short transactions, as others wait to write
            with self._database.transaction() as connection:
                if paused_until(connection, self._transport, now_unix_seconds) is not None:
                    return None
                release_held(connection, routing, now_unix_seconds)
                for _ in range(_NOTICES_PER_TRANSACTION):
                    row = next_due_notice(connection, now_unix_seconds)
                    if row is None:
                        return None
                    claim = claim_notice(connection, row, routing, now_unix_seconds, owner=self._owner)
                    if claim is not None:
                        return claim
        return None

    def wait(self, claim: Claim, reason: str, now_unix_seconds: float) -> None:
        """Put *claim* back without an attempt, for that *reason*; it is looked at again in a few seconds."""
        since = claim.waiting_since_unix_seconds
        created = claim.created_unix_seconds if since is None else since
        until = now_unix_seconds + LOOK_AGAIN_SECONDS
        with self._database.transaction() as connection:
            wait(connection, claim.notice_id, until, reason, created_unix_seconds=created, told=None)

    def start_sending(self, claim: Claim, routing: Routing, now_unix_seconds: float) -> None:
        """Store that an attempt to send *claim* begins; what it leaves out waits in notices of its own."""
        with self._database.transaction() as connection:
            mark_sending(connection, claim.notice_id, as_stored(claim.reported), attempts=claim.attempts)
            if claim.left_out:
                its = (threads.c.incident_id == claim.incident_id) & (threads.c.user_name == claim.user_name)
                connection.execute(threads.update().where(its).values(title=claim.title))
                create_follow_ups(connection, claim, routing, now_unix_seconds)

    def accept(
        self,
        claim: Claim,
        provider_id: str,
        now_unix_seconds: float,
        *,
        last_answered: Mapping[str, float],
    ) -> None:
        """Settle *claim* as accepted; later mails say what it *last_answered* found out, by alert id."""
        with self._database.transaction() as connection:
            settle(connection, claim.notice_id, State.ACCEPTED, now_unix_seconds, provider_id=provider_id)
            record_notified(connection, claim.user_name, as_stored(claim.reported), now_unix_seconds)
            record_corrections(connection, claim.user_name, corrected_by(claim.reported))
            for one in claim.reported:
                moment = last_answered.get(one.episode.alert_id)
                if moment is not None and one.last_answered_unix_seconds is None:
                    connection.execute(
                        episodes.update()
                        .where(episodes.c.alert_id == one.episode.alert_id)
                        .where(episodes.c.number == one.episode.number)
                        .values(last_answered_unix_seconds=moment)
                    )

    def defer(self, claim: Claim, until_unix_seconds: float, reason: str, *, is_counted: bool = True) -> None:
        """Defer *claim*, which was not sent; the next attempt reports what is true by then."""
        values = {
            "next_unix_seconds": until_unix_seconds,
            "attempts": claim.attempts if is_counted else claim.attempts - 1,
            **_content_after(claim),
        }
        with self._database.transaction() as connection:
            put_back(connection, claim.notice_id, reason, values)

    def defer_ambiguous(
        self, claim: Claim, until_unix_seconds: float, reason: str, *, now_unix_seconds: float
    ) -> None:
        """Defer *claim*, which may have been sent; the next attempt repeats the same mail."""
        values = {"next_unix_seconds": until_unix_seconds, "doubt_unix_seconds": now_unix_seconds}
        with self._database.transaction() as connection:
            put_back(connection, claim.notice_id, reason, values)

    def pause(self, claim: Claim, until_unix_seconds: float, reason: str) -> None:
        """Put *claim* back without counting the attempt, and pause the transport until then."""
        with self._database.transaction() as connection:
            mine = lanes.c.lane == self._transport
            connection.execute(lanes.delete().where(mine))
            row = {"lane": self._transport, "paused_until_unix_seconds": until_unix_seconds, "reason": reason}
            connection.execute(lanes.insert().values(row))
            values = {"attempts": claim.attempts - 1, **_content_after(claim)}
            put_back(connection, claim.notice_id, reason, values)

    def resume(self) -> None:
        """End the pause of the transport, as after a change of its settings."""
        with self._database.transaction() as connection:
            connection.execute(lanes.delete().where(lanes.c.lane == self._transport))

    def retry_now(self, now_unix_seconds: float) -> None:
        """Make every pending retry due now, except those that may have been sent."""
        waits = (notices.c.state == State.PENDING) & (notices.c.attempts > 0)
        is_clear = notices.c.doubt_unix_seconds.is_(None)
        with self._database.transaction() as connection:
            waiting = waits & is_clear & (notices.c.next_unix_seconds > now_unix_seconds)
            connection.execute(notices.update().where(waiting).values(next_unix_seconds=now_unix_seconds))

    def shift_schedule(self, seconds: float) -> None:
        """Make every wait end *seconds* earlier, by which the clock was set back."""
        until, pause = notices.c.next_unix_seconds, lanes.c.paused_until_unix_seconds
        waiting = notices.update().where(notices.c.state.in_((State.PENDING, State.WAITING)))
        with self._database.transaction() as connection:
            connection.execute(waiting.values(next_unix_seconds=until - seconds))
            connection.execute(lanes.update().values(paused_until_unix_seconds=pause - seconds))

    def give_up(self, claim: Claim, reason: str, now_unix_seconds: float) -> None:
        """Mark *claim* as dead for that *reason*; it is kept for `outbox list`."""
        with self._database.transaction() as connection:
            settle(connection, claim.notice_id, State.DEAD, now_unix_seconds, last_error=reason)

    def _is_anything_due(self, now: float) -> bool:
        """Look without the write lock: mostly nothing is due."""
        with self._database.reading() as connection:
            if paused_until(connection, self._transport, now) is not None:
                return False
            return next_due_notice(connection, now) is not None or bool(users_with_held(connection))


def _content_after(claim: Claim) -> dict[str, None]:
    """Return the change that lets the next attempt report anew, unless an earlier one may have been sent."""
    return {} if claim.is_ambiguous else {"told": None}

"""What is done with a notice that is due: it is claimed to be sent, held, or superseded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from alertbridge.outbox.end_claims import claimed_of
from alertbridge.outbox.reported import ReportedEpisode, as_stored, episodes_to_report
from alertbridge.outbox.schema import Purpose, State
from alertbridge.outbox.transitions import hold, mark_sending, postpone, settle
from alertbridge.routing.recipients import Routing, severity_of

_LOOK_AGAIN_SECONDS = 0.5
_LONGEST_WAIT_FOR_PROOF_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A notice that is being sent.

    Attributes:
        notice_id: Its number.
        incident_id: What it is about.
        user_name: Its recipient.
        sequence: 0 for the thread's root, then counted up.
        title: What follows the subject's bracket.
        reported: What it reports, at least one.
        attempts: This one included.
        created_unix_seconds: Since when it has been waiting.
        ambiguous_since_unix_seconds: When the last attempt that may have been sent ended; None if there was
            none.
        purpose: News of one incident, a digest or a reminder.
        was_held: Whether it was held until the end of its user's quiet hours.
    """

    notice_id: int
    incident_id: str
    user_name: str
    sequence: int
    title: str
    reported: tuple[ReportedEpisode, ...]
    attempts: int
    created_unix_seconds: float
    ambiguous_since_unix_seconds: float | None
    purpose: Purpose = Purpose.NEWS
    was_held: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether an earlier attempt may have been sent."""
        return self.ambiguous_since_unix_seconds is not None


def claim_notice(
    connection: Connection, row: Row[Any], routing: Routing, now: float, *, owner: str
) -> Claim | None:
    """Mark the notice of *row* as being sent by *owner*; None when it is held or superseded instead."""
    reported = episodes_to_report(connection, row, routing, now)
    if not reported:
        settle(connection, row.notice_id, State.SUPERSEDED, now)
        return None
    until = _quiet_until(row, reported, routing, now)
    if until is not None:
        hold(connection, row.notice_id, until, now)
        return None
    if _may_be_over(connection, row, reported, now):
        postpone(connection, row.notice_id, now + _LOOK_AGAIN_SECONDS)
        return None
    mark_sending(connection, row, as_stored(reported), owner)
    return Claim(
        notice_id=row.notice_id,
        incident_id=row.incident_id,
        user_name=row.user_name,
        sequence=row.sequence,
        title=row.title,
        reported=tuple(reported),
        attempts=row.attempts + 1,
        created_unix_seconds=row.created_unix_seconds,
        ambiguous_since_unix_seconds=row.doubt_unix_seconds,
        purpose=Purpose(row.purpose),
        was_held=row.held_unix_seconds is not None,
    )


def _may_be_over(
    connection: Connection, row: Row[Any], reported: Sequence[ReportedEpisode], now: float
) -> bool:
    """Return whether the end of something that the notice reports as firing is about to be proven.

    That takes a second; a notice waits for it no longer than three.
    """
    if row.told or not 0 <= now - row.created_unix_seconds < _LONGEST_WAIT_FOR_PROOF_SECONDS:
        return False
    return bool(claimed_of(connection, [one.episode for one in reported if one.is_news and not one.is_over]))


def _quiet_until(
    row: Row[Any], reported: Sequence[ReportedEpisode], routing: Routing, now: float
) -> float | None:
    """Return until when to hold the notice; None when it may leave now.

    One that may have been sent before is never held.
    """
    user = routing.user(row.user_name)
    news = {severity_of(one.episode.alert) for one in reported if one.is_news}
    if row.told or user is None or user.may_be_told(news, now):
        return None
    return user.quiet_until(now)

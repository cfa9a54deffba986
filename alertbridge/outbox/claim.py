"""What is done with a notice that is due: it is claimed to be sent, held, made to wait, or superseded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row

from alertbridge.outbox.crowd import counted
from alertbridge.outbox.end_claims import claimed_of
from alertbridge.outbox.fleet_outages import FleetOutages, fleet_outages
from alertbridge.outbox.mail_limit import MailLimit
from alertbridge.outbox.notified import Key
from alertbridge.outbox.postponed import LOOK_AGAIN_SECONDS, not_yet
from alertbridge.outbox.reported import ReportedEpisode, as_stored, episodes_to_report
from alertbridge.outbox.schema import Purpose, State
from alertbridge.outbox.shown import shown_of
from alertbridge.outbox.transitions import hold, hold_over_limit, mark_composing, postpone, settle, wait
from alertbridge.routing.limits import Use
from alertbridge.routing.recipients import Priority, Routing, urgency_of

_LOOK_AGAIN_SOON_SECONDS = 0.5
_LONGEST_WAIT_FOR_PROOF_SECONDS = 3.0
_LOOK_AGAIN_AT_LIMIT_SECONDS = 60.0
_MORE_FIRE = "more alerts of this name fire than are kept one by one; waiting for their ends"
_BY_FLEET = "reported by FleetDown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A notice that is being composed or sent.

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
        was_held: Whether it was held until the end of its user's quiet hours, or by the limit of mails.
        is_over_limit: Whether it was held by the limit of mails per hour, or something in this digest.
        waiting_since_unix_seconds: Since when it was waiting for an alert to end; None if it was not.
        waits_because: Why it was waiting; empty if it was not.
        left_out: News that is not to be reported yet, by episode, and why.
        counted: How many more alerts fire that are not kept one by one, by alert name.
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
    is_over_limit: bool = False
    waiting_since_unix_seconds: float | None = None
    waits_because: str = ""
    left_out: Mapping[Key, str] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_ambiguous(self) -> bool:
        """Whether an earlier attempt may have been sent."""
        return self.ambiguous_since_unix_seconds is not None

    @property
    def has_news(self) -> bool:
        """Whether it reports anything that its user has not been notified of."""
        return _has_news(self.reported)

    @property
    def shown(self) -> tuple[ReportedEpisode, ...]:
        """What its mail shows of what it reports."""
        return tuple(one.reported for one in shown_of(self.reported))

    def without(self, reasons: Mapping[Key, str], routing: Routing) -> "Claim":
        """Return the claim without these episodes, left out for these *reasons*.

        The title of a thread that begins lists what is reported.
        """
        reported = tuple(one for one in self.reported if one.key not in reasons)
        left_out = {one.key: reasons[one.key] for one in self.reported if one.is_news and one.key in reasons}
        is_title_open = self.sequence == 0 and self.purpose is Purpose.NEWS and bool(reasons)
        alerts = [one.reported.episode.alert for one in shown_of(reported)]
        title = routing.title_of(alerts) if is_title_open and alerts else self.title
        return replace(self, reported=reported, title=title, left_out={**self.left_out, **left_out})


def claim_notice(
    connection: Connection, row: Row[Any], routing: Routing, now: float, *, owner: str
) -> Claim | None:
    """Mark the notice of *row* as being composed by *owner*; None when it does not leave now."""
    found = episodes_to_report(connection, row, routing, now)
    # What may have been sent is repeated as it was
    about = [] if row.told else [one.episode for one in found]
    fleet = fleet_outages(connection, row.user_name, about, routing, now)
    reported = [one for one in found if not _is_left_to_fleet(one, fleet)]
    if not reported or not (_has_news(reported) or _says_the_same(row)):
        settle(
            connection,
            row.notice_id,
            State.SUPERSEDED,
            now,
            last_error=_BY_FLEET if len(reported) < len(found) else None,
        )
        return None
    until = _quiet_until(row, reported, routing, now)
    if until is not None:
        hold(connection, row.notice_id, _priority_held(row, reported, routing), until, now)
        return None
    if _may_be_over(connection, row, reported, now):
        postpone(connection, row.notice_id, now + _LOOK_AGAIN_SOON_SECONDS)
        return None
    reasons = {} if row.told else not_yet(reported, fleet, now)
    more = counted(connection, {one.episode.alert.labels.get("alertname", "") for one in reported})
    claim = _claim_of(row, reported, more, now).without(reasons, routing)
    if reasons and not claim.has_news:
        pause_seconds = _LOOK_AGAIN_SOON_SECONDS if fleet.is_undecided else LOOK_AGAIN_SECONDS
        wait(connection, row.notice_id, now + pause_seconds, next(iter(reasons.values())))
        return None
    if _waits_for_crowd(connection, row, claim, now) or _is_held_by_limit(
        connection, row, claim, routing, now
    ):
        return None
    mark_composing(connection, row, as_stored(claim.reported), owner=owner, now=now)
    return claim


def _waits_for_crowd(connection: Connection, row: Row[Any], claim: Claim, now: float) -> bool:
    """Let the notice wait if it would say that all are over, while more of the same name fire."""
    is_crowd = bool(claim.counted) and len(claim.reported) > 1 and claim.purpose is Purpose.NEWS
    if row.told or not is_crowd or not all(one.is_over for one in claim.shown):
        return False
    wait(connection, row.notice_id, now + LOOK_AGAIN_SECONDS, _MORE_FIRE)
    return True


def _says_the_same(row: Row[Any]) -> bool:
    """Return whether the mail need not report anything new: a reminder, or one that may have been sent."""
    return bool(row.told) or row.purpose == Purpose.REMINDER


def _is_held_by_limit(
    connection: Connection, row: Row[Any], claim: Claim, routing: Routing, now: float
) -> bool:
    """Hold the notice if its user has had too many mails within the hour; return whether it is held.

    One that may have been sent before counts already.
    """
    priority = _priority_held(row, claim.shown, routing)
    is_critical = priority.is_critical
    was_held = row.is_over_limit or row.purpose == Purpose.DIGEST
    use = Use.CRITICAL if is_critical else Use.DIGEST if was_held else Use.OTHER
    limit = MailLimit(connection, routing.limits, now)
    if row.told or limit.allows(row.user_name, use, besides=row.notice_id):
        return False
    hold_over_limit(connection, row.notice_id, priority, now + _LOOK_AGAIN_AT_LIMIT_SECONDS, now)
    return True


def _priority_held(row: Row[Any], reported: Sequence[ReportedEpisode], routing: Routing) -> Priority:
    """Return the priority of the notice while it is held: what was critical and is over is so no longer."""
    news = (one for one in reported if one.is_news)
    priorities = [routing.priority_of(one.episode.alert, is_over=one.is_over) for one in news]
    is_critical = any(priority.is_critical for priority in priorities)
    return Priority(row.priority if is_critical else max(row.priority, Priority.CRITICAL_OVER))


def _claim_of(
    row: Row[Any], reported: Sequence[ReportedEpisode], counted_more: Mapping[str, int], now: float
) -> Claim:
    was_waiting = row.state == State.WAITING
    return Claim(
        notice_id=row.notice_id,
        incident_id=row.incident_id,
        user_name=row.user_name,
        sequence=row.sequence,
        title=row.title,
        reported=tuple(reported),
        attempts=row.attempts + 1,
        created_unix_seconds=now if was_waiting else row.created_unix_seconds,
        ambiguous_since_unix_seconds=row.doubt_unix_seconds,
        purpose=Purpose(row.purpose),
        was_held=row.held_unix_seconds is not None,
        is_over_limit=row.is_over_limit,
        waiting_since_unix_seconds=row.created_unix_seconds if was_waiting else None,
        waits_because=row.last_error or "" if was_waiting else "",
        counted=counted_more,
    )


def _is_left_to_fleet(one: ReportedEpisode, fleet: FleetOutages) -> bool:
    """Return whether FleetDown reports it; whoever was notified of its start is notified of its end."""
    return one.is_news and not one.was_notified and fleet.reports(one.episode)


def _has_news(reported: Sequence[ReportedEpisode]) -> bool:
    return any(one.reported.is_news for one in shown_of(reported))


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
    news = {urgency_of(one.episode.alert) for one in reported if one.is_news}
    if row.told or user is None or user.may_be_told(news, now):
        return None
    return user.quiet_until(now)

"""When a notice may leave: at once, once per window in a storm, and later each time where an alert flaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.flapping import next_mail_unix_seconds
from alertbridge.outbox.schema import State
from alertbridge.outbox.stored import StoredNotice
from alertbridge.routing.recipients import Priority

_UNSENT = {State.PENDING, State.WAITING, State.HELD}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A new notice."""

    incident_id: str
    user_name: str
    sequence: int
    priority: int
    state: State
    created_unix_seconds: float
    next_unix_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What one user is notified of, in one incident."""

    incident_id: str
    user_name: str
    alerts: Sequence[Alert]
    priority: Priority
    last: StoredNotice | None
    is_thread_new: bool
    is_paced: bool
    is_flapping: bool


def notice_of(notified: Notification, window_seconds: float, now: float) -> NoticeRow | StoredNotice:
    """Return the notice that reports what is *notified*: a new one, or the stored one that has not left."""
    due = _due_unix_seconds(notified, window_seconds, now)
    last = notified.last
    if last is not None and last.state in _UNSENT and not last.is_content_fixed:
        if notified.is_flapping and _is_put_off(last, now):
            return _put_off_again(last, notified.priority, now)
        return _reporting_more(last, notified.priority, now, due)
    return NoticeRow(
        incident_id=notified.incident_id,
        user_name=notified.user_name,
        sequence=0 if last is None else last.sequence + 1,
        priority=notified.priority,
        state=State.PENDING,
        created_unix_seconds=now,
        next_unix_seconds=due,
    )


def _due_unix_seconds(notified: Notification, window_seconds: float, now: float) -> float:
    """Return when the notice may leave: at once, but for a storm that goes on and for what flaps."""
    last = notified.last
    if last is None or last.state == State.HELD:
        return now
    if notified.is_flapping:
        return next_mail_unix_seconds(last.next_unix_seconds, last.sequence, now)
    if not notified.is_paced:
        return now
    # The clock may have been set back since the last one
    return max(now, min(last.created_unix_seconds, now) + window_seconds)


def _is_put_off(waiting: StoredNotice, now: float) -> bool:
    """Return whether *waiting* is not due yet, as what it reports flaps."""
    return waiting.state == State.PENDING and waiting.attempts == 0 and waiting.next_unix_seconds > now


def _put_off_again(waiting: StoredNotice, priority: Priority, now: float) -> StoredNotice:
    """Return *waiting* as it reports this news too, once that has settled or it has waited long enough."""
    due = next_mail_unix_seconds(waiting.created_unix_seconds, waiting.sequence - 1, now)
    return replace(waiting, priority=min(priority, Priority(waiting.priority)), next_unix_seconds=due)


def _reporting_more(waiting: StoredNotice, priority: Priority, now: float, due: float) -> StoredNotice:
    """Return *waiting* as it reports this news too, and leaves as soon as this asks for.

    One that is held is judged anew: this news may be such as passes quiet hours.
    """
    priority = min(priority, Priority(waiting.priority))
    if waiting.state == State.HELD:
        return replace(
            waiting,
            priority=priority,
            state=State.PENDING,
            held_unix_seconds=None,
            created_unix_seconds=now,
            next_unix_seconds=due,
        )
    # A failed attempt has set the time of the next one
    is_sooner = waiting.attempts == 0
    next_unix_seconds = min(due, waiting.next_unix_seconds) if is_sooner else waiting.next_unix_seconds
    return replace(waiting, priority=priority, next_unix_seconds=next_unix_seconds)

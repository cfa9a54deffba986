"""The outbox as text for a terminal; control characters from outside are replaced."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from alertbridge.outbox.inspection import EpisodeView, IncidentView, NoticeView
from alertbridge.outbox.schema import State
from marax.settings.durations import spoken

_HEAD = ("ID", "STATE", "USER", "AGE", "ATTEMPTS", "INCIDENT", "TITLE", "LAST ERROR")
_LONGEST_ERROR = 80


def notices_table(found: Sequence[NoticeView], now_unix_seconds: float) -> str:
    """Return an aligned table of *found*, or a line that says that there are none."""
    if not found:
        return "no pending or dead notices"
    rows = [_HEAD, *(_row(notice, now_unix_seconds) for notice in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def notices_json(found: Iterable[NoticeView]) -> str:
    """Return *found* as a JSON list of objects; times are Unix seconds."""
    return json.dumps([asdict(notice) for notice in found], indent=2)


def notice_text(notice: NoticeView) -> str:
    """Return all fields of *notice*, one a line."""
    return "\n".join(f"{name}: {value}" for name, value in _facts(notice))


def incident_text(incident: IncidentView, more_events: Iterable[tuple[float, str]] = ()) -> str:
    """Return the history of *incident*, from the last answered scrape to each mail, in order of time.

    *more_events* are others that belong to it, each with its moment.
    """
    events = sorted(
        [event for episode in incident.episodes for event in _episode_events(episode)]
        + [event for notice in incident.notices for event in _notice_events(notice)]
        + list(more_events)
    )
    head = f"incident {incident.incident_id}"
    if incident.folded:
        head = f"{head}, a digest of the incidents {', '.join(incident.folded)}"
    return "\n".join([head, *(f"{_moment(at)}  {what}" for at, what in events)])


def _row(notice: NoticeView, now: float) -> tuple[str, ...]:
    return (
        str(notice.notice_id),
        notice.state + (" (may have been sent)" if notice.is_ambiguous else ""),
        notice.user,
        spoken(now - notice.created_unix_seconds),
        str(notice.attempts),
        notice.incident_id,
        _printable(notice.title),
        _printable(notice.last_error or "-")[:_LONGEST_ERROR],
    )


def _facts(notice: NoticeView) -> Iterable[tuple[str, str]]:
    yield "id", str(notice.notice_id)
    yield "incident", notice.incident_id
    yield "title", _printable(notice.title)
    yield "user", notice.user
    yield "purpose", notice.purpose
    yield "state", notice.state
    yield "may have been sent", "yes" if notice.is_ambiguous else "no"
    yield "attempts", str(notice.attempts)
    yield "created", _moment(notice.created_unix_seconds)
    if notice.held_unix_seconds is not None:
        yield "held for quiet hours since", _moment(notice.held_unix_seconds)
    if notice.digest_id is not None:
        yield "included in digest", str(notice.digest_id)
    if notice.state == State.HELD:
        yield "held until", _moment(notice.next_unix_seconds)
    elif notice.state == State.WAITING:
        yield "checked again", _moment(notice.next_unix_seconds)
    elif notice.settled_unix_seconds is None:
        yield "next attempt", _moment(notice.next_unix_seconds)
    else:
        yield "settled", _moment(notice.settled_unix_seconds)
    yield "provider id", _printable(notice.provider_id or "-")
    reason = "waits because" if notice.state == State.WAITING else "last error"
    yield reason, _printable(notice.last_error or "-")
    if notice.delivery is not None:
        yield "delivery", f"{_delivery(notice)} at {_moment(notice.delivery_unix_seconds or 0.0)}"


def _episode_events(episode: EpisodeView) -> Iterable[tuple[float, str]]:
    host, alertname = _printable(episode.host), _printable(episode.alertname)
    about = f" for {host}" if host else ""
    if episode.last_answered_unix_seconds is not None:
        yield episode.last_answered_unix_seconds, f"last scrape that {host} answered"
    yield episode.fired_unix_seconds, f"{alertname} fired{about}"
    yield episode.received_unix_seconds, f'Alertmanager sent "firing"{about}'
    if episode.reopened_unix_seconds is not None:
        yield episode.reopened_unix_seconds, f"{alertname} found to go on{about}: its end was wrong"
    if episode.ended_unix_seconds is not None:
        yield episode.ended_unix_seconds, f"{alertname} ended{about}"
    if episode.end_claimed_unix_seconds is not None:
        why = f": {_printable(episode.end_held_because)}" if episode.end_held_because else ""
        yield episode.end_claimed_unix_seconds, f'"resolved"{about}, held until it is confirmed{why}'
    if episode.end_received_unix_seconds is not None:
        how = f'Alertmanager sent "resolved"{about}; confirmed'
        if episode.is_unwatched:
            watched = (
                f"; its address is watched as {_printable(episode.watched_as)}" if episode.watched_as else ""
            )
            how = f"{host} is not watched any more{watched}"
        if episode.is_end_reconciled:
            how = f'Alertmanager sent no "resolved"{about}; confirmed from Prometheus'
        yield episode.end_received_unix_seconds, how


def _notice_events(notice: NoticeView) -> Iterable[tuple[float, str]]:
    name = f"notice {notice.notice_id} to {notice.user}"
    yield notice.created_unix_seconds, f"{name} created"
    if notice.held_unix_seconds is not None:
        yield notice.held_unix_seconds, f"{name} held for quiet hours"
    if notice.state == State.HELD:
        yield notice.next_unix_seconds, f"{name} due, at the end of quiet hours"
        return
    if notice.state == State.WAITING:
        why = _printable(notice.last_error or "-")
        yield notice.next_unix_seconds, f"{name} waiting, checked again: {why}"
        return
    if notice.settled_unix_seconds is None:
        error = f"; last error: {_printable(notice.last_error)}" if notice.last_error else ""
        yield notice.next_unix_seconds, f"{name} due for attempt {notice.attempts + 1}{error}"
        return
    provider_id = _printable(notice.provider_id or "-")
    how = {
        "accepted": f"accepted on attempt {notice.attempts}, provider id {provider_id}",
        "superseded": f"superseded: {_printable(notice.last_error or 'no news left to report')}",
        "digested": f"included in digest {notice.digest_id}",
        "dead": f"failed permanently: {_printable(notice.last_error or '-')}",
    }
    yield notice.settled_unix_seconds, f"{name} {how.get(notice.state, notice.state)}"
    if notice.delivery is not None:
        yield notice.delivery_unix_seconds or notice.settled_unix_seconds, f"{name} {_delivery(notice)}"


def _delivery(notice: NoticeView) -> str:
    detail = f": {_printable(notice.delivery_detail)}" if notice.delivery_detail else ""
    return f"{notice.delivery}{detail}"


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)

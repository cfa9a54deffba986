"""Notices that wait with the news that another one leaves out."""

from collections import defaultdict

from sqlalchemy import Connection, func, select

from alertbridge.alerts.episodes import Episode
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.postponed import LOOK_AGAIN_SECONDS
from alertbridge.outbox.rows import episode_of, episodes_named
from alertbridge.outbox.schema import State, notices
from alertbridge.routing.recipients import Routing

_UNSENT = (State.PENDING, State.WAITING, State.HELD)


def create_follow_ups(connection: Connection, claim: Claim, routing: Routing, now: float) -> None:
    """Create a notice in each thread whose news *claim* leaves out, unless one there will report it."""
    for incident_id, left_out in _by_incident(connection, claim).items():
        its = (notices.c.incident_id == incident_id) & (notices.c.user_name == claim.user_name)
        will_report = its & notices.c.state.in_(_UNSENT) & notices.c.doubt_unix_seconds.is_(None)
        if connection.scalar(select(notices.c.notice_id).where(will_report).limit(1)) is not None:
            continue
        last = connection.scalar(select(func.max(notices.c.sequence)).where(its))
        is_storm = incident_id == claim.incident_id  # which goes on, and has one mail per window
        wait_seconds = routing.storm_window_seconds if is_storm else LOOK_AGAIN_SECONDS
        values = {
            "incident_id": incident_id,
            "user_name": claim.user_name,
            "sequence": 0 if last is None else last + 1,
            "priority": min(routing.priority_of(one.alert, is_over=False) for one in left_out),
            "state": State.WAITING,
            "created_unix_seconds": now,
            "next_unix_seconds": now + wait_seconds,
            "last_error": claim.left_out[left_out[0].alert_id, left_out[0].number],
        }
        connection.execute(notices.insert().values(values))


def _by_incident(connection: Connection, claim: Claim) -> dict[str, list[Episode]]:
    """Return the episodes that *claim* leaves out, by their incident."""
    if not claim.left_out:
        return {}
    found: defaultdict[str, list[Episode]] = defaultdict(list)
    for row in episodes_named(connection, [alert_id for alert_id, _ in claim.left_out]):
        if (row.alert_id, row.number) in claim.left_out:
            found[row.incident_id].append(episode_of(row))
    return found

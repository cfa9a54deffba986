"""The alerts that monitoring is blind, from heartbeats' records: pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import blind_alert
from alertbridge.outbox.heartbeat_record import HeartbeatRecord
from marax.settings.durations import spoken

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LongGap:
    """That the bridge itself did not run for as long as makes monitoring blind.

    Attributes:
        since_unix_seconds: The newest evaluation that reached it before.
        lost_seconds: How long it did not run.
    """

    since_unix_seconds: float
    lost_seconds: float


def began(record: HeartbeatRecord, which: str, diagnosis: str) -> Alert:
    """Return the alert that the heartbeat of *record* is missing; *which* tells it from the others."""
    since = record.since_unix_seconds
    return blind_alert(since, diagnosis, ends_unix_seconds=None, heartbeat=record.labels, which=which)


def ended(record: HeartbeatRecord, unix_seconds: float, *, is_forgotten: bool = False) -> Alert:
    """Return its end, which does not lie before its beginning; or that it *is forgotten*."""
    since = record.since_unix_seconds
    end = blind_alert(since, "", ends_unix_seconds=max(unix_seconds, since), heartbeat=record.labels)
    return replace(end, is_unwatched=is_forgotten)


def began_and_ended(gap: LongGap, unix_seconds: float) -> tuple[Alert, Alert]:
    """Return the alert of a *gap* that is over, and its end: together they make one mail."""
    since = gap.since_unix_seconds
    diagnosis = (
        f"This bridge itself did not run for {spoken(gap.lost_seconds)}: its machine was suspended, or its"
        " process was stopped."
    )
    return (
        blind_alert(since, diagnosis, ends_unix_seconds=None),
        blind_alert(since, diagnosis, ends_unix_seconds=max(unix_seconds, since)),
    )


def one_of_several(which: str, coming: Sequence[str]) -> str:
    """Return what it means that one heartbeat is missing while others are *coming*; empty if none are."""
    if not coming:
        return ""
    more = f" and {len(coming) - _MOST_NAMED} more" if len(coming) > _MOST_NAMED else ""
    return (
        f"Other heartbeats still come ({'; '.join(coming[:_MOST_NAMED])}{more}): check the Prometheus with"
        f" {which}, and the path from there through Alertmanager."
    )

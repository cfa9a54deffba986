"""News that is not to be reported yet: it waits, and is looked at again every few seconds."""

from collections.abc import Sequence

from alertbridge.alerts.own import blocks_itself
from alertbridge.outbox.fleet_outages import FleetOutages
from alertbridge.outbox.notified import Key
from alertbridge.outbox.reported import ReportedEpisode

LOOK_AGAIN_SECONDS = 5.0

_LONGEST_WAIT_FOR_END_SECONDS = 900.0
# An alert that is silenced when it ends has no end, where no Prometheus can be asked
_LONGEST_WAIT_FOR_FLEET_SECONDS = 3600.0
_COVERED = "FleetDown of the same job was reported; waiting for its end"
_BLOCKED = "mostly over by the time it can be reported; waiting for the alert to end"


def not_yet(reported: Sequence[ReportedEpisode], fleet: FleetOutages, now: float) -> dict[Key, str]:
    """Return which news in *reported* is not to be reported yet, and why."""
    firing = [one for one in reported if one.is_news and not one.is_over]
    blocked = {
        one.key: _BLOCKED for one in firing if blocks_itself(one.episode.alert) and may_end_soon(one, now)
    }
    covered = {
        one.key: _COVERED
        for one in firing
        if _is_younger(one, _LONGEST_WAIT_FOR_FLEET_SECONDS, now) and fleet.covers(one.episode)
    }
    return blocked | covered


def may_end_soon(one: ReportedEpisode, now: float) -> bool:
    """Return whether it is worth waiting for the end of what is about to end: a quarter of an hour."""
    return _is_younger(one, _LONGEST_WAIT_FOR_END_SECONDS, now)


def _is_younger(one: ReportedEpisode, seconds: float, now: float) -> bool:
    return 0 <= now - one.episode.opened_unix_seconds < seconds

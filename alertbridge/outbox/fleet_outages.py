"""Outages of most hosts of a job that a user knows of: they stand for the outages of its single hosts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.own import FLEET_ALERTS
from alertbridge.outbox.rows import episode_of
from alertbridge.outbox.schema import IN_FLIGHT, State, end_claims, episodes, known, notices
from alertbridge.routing.recipients import Routing

_LONGEST_CLAIM_SECONDS = 300.0
_IS_FLEET = episodes.c.alertname.in_(FLEET_ALERTS)
_ANY = select(episodes.c.alert_id).where(_IS_FLEET).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutages:
    """Those that one user was notified of, or will be.

    Attributes:
        outages: All of them.
        reported: Those that the user was notified of, or is being notified of: their notice does not wait.
        routing: The settings.
        is_undecided: Whether the mail of one is being written, which may find that it is to wait instead.
    """

    outages: Sequence[Episode]
    reported: Sequence[Episode]
    routing: Routing
    is_undecided: bool = False

    def covers(self, episode: Episode) -> bool:
        """Return whether *episode*, of a host that is down, is not reported while one of its job is open."""
        return self._is_of_target(episode) and any(one.is_open for one in _of_its_job(episode, self.reported))

    def reports(self, episode: Episode) -> bool:
        """Return whether *episode* began and ended within one of its job, whose end reports it too."""
        ended = episode.ended_unix_seconds
        if ended is None or not self._is_of_target(episode):
            return False
        return any(
            one.opened_unix_seconds <= episode.opened_unix_seconds
            and (one.ended_unix_seconds is None or ended <= one.ended_unix_seconds)
            for one in _of_its_job(episode, self.outages)
        )

    def _is_of_target(self, episode: Episode) -> bool:
        return self.routing.is_of_target(episode.alert)


def fleet_outages(
    connection: Connection, user_name: str, about: Sequence[Episode], routing: Routing, now: float
) -> FleetOutages:
    """Return what stands for the outages of hosts *about* which that user is to be notified.

    One whose end has been claimed for minutes stands for none any more, though it cannot be proven.
    """
    down = [one for one in about if routing.is_of_target(one.alert)]
    if not down or connection.execute(_ANY).first() is None:
        return FleetOutages(outages=(), reported=(), routing=routing)
    since = min(one.opened_unix_seconds for one in down)
    was_notified = (
        select(known.c.alert_id)
        .where(known.c.user_name == user_name)
        .where(known.c.alert_id == episodes.c.alert_id, known.c.number == episodes.c.number)
        .exists()
    )
    its = (notices.c.incident_id == episodes.c.incident_id) & (notices.c.user_name == user_name)
    notice = select(notices.c.notice_id).where(its)
    is_being_notified = notice.where(notices.c.state.in_((State.PENDING, *IN_FLIGHT))).exists()
    is_composed = notice.where(notices.c.state == State.COMPOSING).exists().label("is_composed")
    is_waiting = notice.where(notices.c.state == State.WAITING).exists()
    is_recent = or_(episodes.c.closed_unix_seconds.is_(None), episodes.c.closed_unix_seconds >= since)
    is_reported = or_(was_notified, is_being_notified).label("is_reported")
    claim = select(end_claims.c.alert_id).where(
        end_claims.c.alert_id == episodes.c.alert_id,
        end_claims.c.number == episodes.c.number,
        end_claims.c.claimed_unix_seconds <= now - _LONGEST_CLAIM_SECONDS,
    )
    query = select(episodes, is_reported, is_composed, claim.exists().label("is_claimed"))
    query = query.where(_IS_FLEET, is_recent, or_(is_reported, is_waiting))
    found = [(episode_of(row), row) for row in connection.execute(query)]
    return FleetOutages(
        outages=[episode for episode, _ in found],
        reported=[episode for episode, row in found if row.is_reported and not row.is_claimed],
        routing=routing,
        is_undecided=any(row.is_composed for _, row in found),
    )


def _of_its_job(episode: Episode, outages: Sequence[Episode]) -> list[Episode]:
    job = episode.alert.labels.get("job", "")
    return [one for one in outages if one.alert.labels.get("job", "") == job]

"""What a firing is that contradicts the latest episode of its alert: pure.

One that began after the episode that is open may be another, as Alertmanager sends no "resolved" for an alert
that is silenced or inhibited when it ends; or the same, as Prometheus begins `for` anew when it is restarted.
One that began before the end of the episode is a late repeat, or shows that the alert has not ended.
"""

from dataclasses import dataclass

from alertbridge.alerts.episodes import Disputed
from alertbridge.alerts.proof import Evidence, NoEvidence, active_since, is_down

# Not counting the first evaluations after a restart, which may be from before the first scrapes
_IDLE_SECONDS = 60.0
# A late repeat comes within a group interval, or from Alertmanager's peers within 15 s each
_REPEATS_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What Prometheus knows of an alert between two moments.

    Attributes:
        answered_unix_seconds: The newest scrape that the target answered then; None when there is none.
        idle_seconds: For how long rules were evaluated without holding the alert pending or firing.
    """

    answered_unix_seconds: float | None = None
    idle_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """It is a repeat: what is stored is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Another:
    """It is another firing; the one before has ended, at that moment where it is known."""

    ended_unix_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesOn:
    """The episode that was said to have ended goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """It is not known what it is."""


Decision = Same | Another | GoesOn | Undecided


def decide_open(past: Past | NoEvidence | None, *, means_down: bool) -> Decision:
    """Return what a firing is that began after the open episode, by the *past* between both.

    *means_down* says whether the alert is about a target that does not answer. Where nobody can be asked,
    *past* is None, and it is another: rather one mail too many than an outage without any.
    """
    if past is None:
        return Another()
    if isinstance(past, NoEvidence):
        return Undecided()
    if means_down:
        answered = past.answered_unix_seconds
        return Same() if answered is None else Another(ended_unix_seconds=answered)
    return Another() if past.idle_seconds > _IDLE_SECONDS else Same()


def decide_ended(
    disputed: Disputed, evidence: Evidence | NoEvidence | None, now_unix_seconds: float, *, means_down: bool
) -> Decision:
    """Return what a firing is that began before the end of its episode.

    Where nobody can be asked, *evidence* is None, and only one that comes late is believed.
    """
    episode = disputed.episode
    if evidence is None:
        closed = episode.closed_unix_seconds or 0.0
        # A post that waited for the database may be timed before the end that it is compared with
        is_repeat = abs(now_unix_seconds - closed) < _REPEATS_SECONDS
        return Same() if is_repeat else GoesOn()
    if isinstance(evidence, NoEvidence):
        return Undecided()
    since = active_since(episode.alert.labels, evidence)
    if since is None or since >= (episode.ended_unix_seconds or 0.0):
        return Same()
    if means_down and not is_down(episode.alert.labels, evidence):
        return Same()
    return GoesOn()

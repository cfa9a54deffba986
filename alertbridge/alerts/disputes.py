"""What a firing is that contradicts the latest episode of its alert: pure.

One that began after the episode that is open may be another, as Alertmanager sends no "resolved" for an alert
that is silenced or inhibited when it ends; or the same, as Prometheus begins `for` anew when it is restarted.
One that began before the end of the episode is a late repeat, or shows that the alert has not ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alertbridge.alerts.episodes import Disputed, Episode
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
    disputed: Disputed,
    found: Sequence[Evidence | NoEvidence],
    now_unix_seconds: float,
    *,
    means_down: bool,
) -> Decision:
    """Return what a firing is that began before the end of its episode, by what each Prometheus knows.

    Where nobody can be asked, *found* is empty, and only one that comes late is believed.
    """
    if not found:
        closed = disputed.episode.closed_unix_seconds or 0.0
        # A post that waited for the database may be timed before the end that it is compared with
        is_repeat = abs(now_unix_seconds - closed) < _REPEATS_SECONDS
        return Same() if is_repeat else GoesOn()
    known = [one for one in found if isinstance(one, Evidence)]
    if any(goes_on(disputed.episode, one, means_down=means_down) for one in known):
        return GoesOn()
    return Same() if len(known) == len(found) else Undecided()


def goes_on(episode: Episode, evidence: Evidence, *, means_down: bool) -> bool:
    """Return whether an alert has been active since before the end of its *episode*.

    If it *means* that a host is *down*, the newest scrape has not been answered either.
    """
    labels, ended = episode.alert.labels, episode.ended_unix_seconds
    since = active_since(labels, evidence)
    is_active = since is not None and ended is not None and since < ended
    return is_active and (not means_down or is_down(labels, evidence))

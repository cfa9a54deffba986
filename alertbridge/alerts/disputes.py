"""What a firing is that contradicts the latest episode of its alert: pure.

One that began after the episode that is open may be another, as Alertmanager sends no "resolved" for an alert
that is silenced or inhibited when it ends; or the same, as Prometheus begins `for` anew when it is restarted.
One that began before the end of the episode is a late repeat, or shows that the alert has not ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from alertbridge.alerts.episodes import ANEW_SECONDS, Disputed, Episode
from alertbridge.alerts.proof import Evidence, NoEvidence, active_since, is_down, knows

# Not counting the first evaluations after a restart, which may be from before the first scrapes
_IDLE_SECONDS = 60.0
# A late repeat comes within a group interval, or from Alertmanager's peers within 15 s each
_REPEATS_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What Prometheus knows of an alert between two moments.

    Attributes:
        answered_unix_seconds: The first of the last scrapes in a row that the target answered then; None when
            there is none.
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


def decide_open(disputed: Disputed, past: Past | NoEvidence | None, *, is_of_target: bool) -> Decision:
    """Return what a firing is that began after the open episode, by the *past* between both.

    *is_of_target* says whether the alert means that a target does not answer. Where nobody can be asked,
    *past* is None, and it is another: rather one mail too many than an outage without any.
    """
    if disputed.alert.starts_unix_seconds <= disputed.episode.newest_start_unix_seconds + ANEW_SECONDS:
        return Same()
    if past is None:
        return Another()
    if isinstance(past, NoEvidence):
        return Undecided()
    if is_of_target:
        answered = past.answered_unix_seconds
        return Same() if answered is None else Another(ended_unix_seconds=answered)
    return Another() if past.idle_seconds > _IDLE_SECONDS else Same()


def decide_ended(
    disputed: Disputed,
    found: Sequence[Evidence | NoEvidence],
    received_unix_seconds: float,
    *,
    is_of_target: bool,
) -> Decision:
    """Return what a firing is that began before the end of its episode, by what each Prometheus knows.

    Where nobody can be asked, *found* is empty, and only one that came late is believed; so of an alert that
    none of them knows.
    """
    episode = disputed.episode
    if disputed.alert.starts_unix_seconds >= (episode.ended_unix_seconds or 0.0):
        return Another()
    fresh = [one for one in found if _is_fresh(one, received_unix_seconds)]
    if any(goes_on(episode, one, is_of_target=is_of_target) for one in fresh):
        return GoesOn()
    if len(fresh) < len(found):
        return Undecided()
    if any(knows(episode.alert.labels, one, is_of_target=is_of_target) for one in fresh):
        return Same()
    # A post that waited for the database may be timed before the end that it is compared with
    is_repeat = abs(received_unix_seconds - (episode.closed_unix_seconds or 0.0)) < _REPEATS_SECONDS
    return Same() if is_repeat else GoesOn()


def _is_fresh(one: Evidence | NoEvidence, since_unix_seconds: float) -> TypeGuard[Evidence]:
    return isinstance(one, Evidence) and one.evaluated_unix_seconds >= since_unix_seconds


def goes_on(episode: Episode, evidence: Evidence, *, is_of_target: bool) -> bool:
    """Return whether an alert has been active since before the end of its *episode*.

    If it means that a target does not answer, that one's newest scrape has not been answered either.
    """
    labels, ended = episode.alert.labels, episode.ended_unix_seconds
    since = active_since(labels, evidence)
    is_active = since is not None and ended is not None and since < ended
    return is_active and (not is_of_target or is_down(labels, evidence))

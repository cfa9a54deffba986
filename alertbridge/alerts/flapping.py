"""Flapping: an alert name and host that keeps firing and ending, or changes its labels, is one incident.

The first three within an hour are incidents of their own. A fourth joins the incident before it, whose mails
are damped. One that fires beside the others, when more of them fire than did before, is no flap but another
problem. An alert that differs by its severity only is the same problem, which has become worse or better.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.internal import is_internal
from alertbridge.alerts.own import concerns_fleet

CALM_SECONDS = 3600.0
SETTLED_SECONDS = 600.0
_TOLD_AS_THEY_COME = 3
_SEVERITY_CHANGES_WITHIN_SECONDS = 600.0  # two of Alertmanager's usual group intervals
_PACES_SECONDS = (600.0, 1800.0, 3600.0)
_MAILS_PER_PACE = 2

Subject = tuple[str, str]  # an alert name, and a host
Key = tuple[str, int]
Problem = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEpisode:
    """An episode of the same alert name and host that began before.

    Attributes:
        alert_id: The alert's identity.
        problem: Its labels without the severity.
        incident_id: Its incident.
        opened_unix_seconds: When it was received.
        ended_unix_seconds: When it ended, or is claimed to have ended; None while it fires.
    """

    alert_id: str
    problem: Problem
    incident_id: str
    opened_unix_seconds: float
    ended_unix_seconds: float | None

    @property
    def changed_unix_seconds(self) -> float:
        """When it began or ended."""
        return max(self.opened_unix_seconds, self.ended_unix_seconds or 0.0)


@dataclass(frozen=True, slots=True)
class Rejoined:
    """The incident that an episode joins, and whether its mails are to be damped."""

    incident_id: str
    is_flapping: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The alert names and hosts of new episodes, and what is stored of each.

    Attributes:
        opened: The new episodes of each.
        earlier: Its latest episodes before those, in any order.
    """

    opened: Mapping[Subject, Sequence[Episode]] = field(default_factory=dict)
    earlier: Mapping[Subject, Sequence[EarlierEpisode]] = field(default_factory=dict)


def may_flap(alert: Alert) -> bool:
    """Return whether *alert* may be damped: not what the bridge says of itself or of most hosts at once."""
    return not is_internal(alert) and not concerns_fleet(alert)


def problem_of(alert: Alert) -> Problem:
    """Return what *alert* is about, however bad it is."""
    return frozenset(one for one in alert.labels.items() if one[0] != "severity")


def goes_on(ended_unix_seconds: float, opened_unix_seconds: float) -> bool:
    """Return whether a problem that ended goes on, given when it was received with another severity.

    One that was inhibited by the other is not sent together with its end.
    """
    return opened_unix_seconds - ended_unix_seconds < _SEVERITY_CHANGES_WITHIN_SECONDS


def rejoin(subjects: Subjects, now: float) -> dict[Key, Rejoined]:
    """Return which new episodes join an incident that is stored already, by episode."""
    found: dict[Key, Rejoined] = {}
    for subject, opened in subjects.opened.items():
        earlier = list(subjects.earlier.get(subject, ()))
        for episode in opened:
            joined = _joined(episode, earlier, now) if earlier else None
            if joined is not None:
                found[episode.alert_id, episode.number] = joined
            earlier.append(_earlier(episode, "" if joined is None else joined.incident_id))
    return found


def next_mail_unix_seconds(last_unix_seconds: float, mails: int, now: float) -> float:
    """Return when to send the next mail about what flaps, given that *mails* were sent, the *last* then.

    That is later each time, but no later than once it has been settled for ten minutes.
    """
    pace_seconds = _PACES_SECONDS[min(max(0, mails) // _MAILS_PER_PACE, len(_PACES_SECONDS) - 1)]
    # The clock may have been set back since the last one
    return max(now, min(min(last_unix_seconds, now) + pace_seconds, now + SETTLED_SECONDS))


def _joined(episode: Episode, earlier: Sequence[EarlierEpisode], now: float) -> Rejoined | None:
    stored = [one for one in earlier if one.incident_id]
    problem = problem_of(episode.alert)
    others = [
        one
        for one in stored
        if one.problem == problem and one.alert_id != episode.alert_id and _may_be_the_same(one, now)
    ]
    is_often = _openings(earlier, now) >= _TOLD_AS_THEY_COME
    if others:
        newest = max(others, key=lambda one: one.opened_unix_seconds)
        return Rejoined(newest.incident_id, is_often)
    recent = [one for one in stored if one.changed_unix_seconds > now - CALM_SECONDS]
    if not recent or not is_often or _is_another(problem, earlier, now):
        return None
    newest = max(recent, key=lambda one: one.opened_unix_seconds)
    return Rejoined(newest.incident_id, is_flapping=True)


def _may_be_the_same(one: EarlierEpisode, now: float) -> bool:
    ended = one.ended_unix_seconds
    return ended is None or goes_on(ended, now)


def _is_another(problem: Problem, earlier: Sequence[EarlierEpisode], now: float) -> bool:
    """Return whether this *problem* is new, and more fire at once by it than did within the last hour."""
    if any(one.problem == problem for one in earlier):
        return False
    firing = {one.problem for one in earlier if one.ended_unix_seconds is None}
    return bool(firing) and len(firing) + 1 > _most_at_once(earlier, now)


def _most_at_once(earlier: Sequence[EarlierEpisode], now: float) -> int:
    """Return how many different problems fired at the same time, at most, within the last hour."""
    changes: list[tuple[float, int, Problem]] = []
    for one in earlier:
        ended = one.ended_unix_seconds
        if ended is None or one.changed_unix_seconds > now - CALM_SECONDS:
            changes.append((one.opened_unix_seconds, 1, one.problem))
            changes.append((now if ended is None else ended, -1, one.problem))
    firing: Counter[Problem] = Counter()
    most = 0
    for _, change, problem in sorted(changes, key=lambda one: one[:2]):  # ends first
        firing[problem] += change
        most = max(most, sum(count > 0 for count in firing.values()))
    return most


def _openings(earlier: Sequence[EarlierEpisode], now: float) -> int:
    """Return how often it fired within the last hour; one problem of two severities counts once."""
    often = Counter(
        (one.problem, one.alert_id) for one in earlier if one.opened_unix_seconds > now - CALM_SECONDS
    )
    by_problem: Counter[Problem] = Counter()
    for (problem, _), count in often.items():
        by_problem[problem] = max(by_problem[problem], count)
    return by_problem.total()


def _earlier(episode: Episode, incident_id: str) -> EarlierEpisode:
    return EarlierEpisode(
        alert_id=episode.alert_id,
        problem=problem_of(episode.alert),
        incident_id=incident_id,
        opened_unix_seconds=episode.opened_unix_seconds,
        ended_unix_seconds=episode.ended_unix_seconds,
    )


def siblings(episodes: Iterable[Episode]) -> list[tuple[Episode, ...]]:
    """Return *episodes* by what they are about: those that differ by their severity only are together."""
    found: dict[Problem, list[Episode]] = {}
    for episode in episodes:
        found.setdefault(problem_of(episode.alert), []).append(episode)
    return [tuple(one) for one in found.values()]

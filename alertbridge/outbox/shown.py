"""What a mail shows of what it reports: of an alert that flaps or changed its severity, the present state.

All of them are reported: their user knows the state of each once the mail has been accepted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from alertbridge.alerts.flapping import Problem, problem_of
from alertbridge.outbox.reported import ReportedEpisode
from alertbridge.routing.severities import severity_of

_WORST_FIRST = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Shown:
    """An episode that is shown, and those that it stands for: of the same problem, or the same flapping."""

    reported: ReportedEpisode
    folded: tuple[ReportedEpisode, ...] = ()


def shown_of(reported: Sequence[ReportedEpisode]) -> list[Shown]:
    """Return what is shown of *reported*, in its order."""
    subjects: defaultdict[tuple[str, str, str], list[ReportedEpisode]] = defaultdict(list)
    for one in reported:
        labels = one.episode.alert.labels
        subjects[one.incident_id, labels.get("alertname", ""), one.host].append(one)
    if len(subjects) == len(reported):
        return [Shown(one) for one in reported]
    shown = [one for group in subjects.values() for one in _of_subject(group)]
    places = {one.key: place for place, one in enumerate(reported)}
    return sorted(shown, key=lambda one: places[one.reported.key])


def _of_subject(group: Sequence[ReportedEpisode]) -> Iterable[Shown]:
    if len(group) == 1:
        return (Shown(group[0]),)
    problems: defaultdict[Problem, list[ReportedEpisode]] = defaultdict(list)
    for one in group:
        problems[problem_of(one.episode.alert)].append(one)
    if any(one.is_flapping for one in group):
        return _of_flapping(group, list(problems.values()))
    return (shown for problem in problems.values() for shown in _of_problem(problem))


def _of_flapping(
    group: Sequence[ReportedEpisode], problems: Iterable[Sequence[ReportedEpisode]]
) -> Iterator[Shown]:
    """Yield what still fires; when nothing does, what ended last."""
    firing = [_worst(still) for its in problems if (still := [one for one in its if not one.is_over])]
    shown = firing or [_last(group)]
    keys = {one.key for one in shown}
    folded = tuple(one for one in group if one.key not in keys)
    for place, one in enumerate(shown):
        yield _shown(one, () if place else folded)


def _of_problem(problem: Sequence[ReportedEpisode]) -> Iterator[Shown]:
    """Yield the worst severity that still fires; when none does, what ended last."""
    if len({one.episode.alert_id for one in problem}) == 1:  # it has one severity
        yield from map(Shown, problem)
        return
    firing = [one for one in problem if not one.is_over]
    shown = _worst(firing) if firing else _last(problem)
    yield _shown(shown, tuple(one for one in problem if one.key != shown.key))


def _shown(one: ReportedEpisode, folded: tuple[ReportedEpisode, ...]) -> Shown:
    """Return *one* as news, too, where it has become better: something worse was reported, and is over."""
    is_better = not one.is_over and any(
        other.is_news and other.is_over and other.was_notified and _rank(other) < _rank(one)
        for other in folded
        if problem_of(other.episode.alert) == problem_of(one.episode.alert)
    )
    return Shown(replace(one, is_news=True) if is_better else one, folded)


def _worst(firing: Sequence[ReportedEpisode]) -> ReportedEpisode:
    return min(firing, key=_rank)


def _last(ended: Sequence[ReportedEpisode]) -> ReportedEpisode:
    return max(ended, key=lambda one: (one.episode.ended_unix_seconds or 0.0, one.is_news, -_rank(one)))


def _rank(one: ReportedEpisode) -> int:
    return _WORST_FIRST.index(severity_of(one.episode.alert))

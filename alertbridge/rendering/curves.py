"""The curves of a history: what there is to draw, and where there is nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple, TypeGuard

from alertbridge.mail.host_facts import History, Usage
from alertbridge.rendering.letters.numbers import is_time

# one scrape that is missing makes a gap; one that is late does not
_GAP_INTERVALS = 1.5
_USUAL_INTERVAL_SECONDS = 60.0


class Point(NamedTuple):
    """A moment, and a ratio from 0 to 1."""

    unix_seconds: float
    ratio: float


class Gap(NamedTuple):
    """A stretch of time without any value."""

    start_unix_seconds: float
    end_unix_seconds: float


Stretch = Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What can be drawn of a history.

    Attributes:
        start_unix_seconds: Where the picture begins.
        end_unix_seconds: Where it ends; later than its start.
        cpu: Stretches without a gap, none of them empty, in order of time.
        memory: The same of memory; one of the two may lack.
        first_scrape_unix_seconds: Since when there could be anything.
        gaps: Where the host said nothing at all after that, in order of time.
    """

    start_unix_seconds: float
    end_unix_seconds: float
    cpu: tuple[Stretch, ...]
    memory: tuple[Stretch, ...]
    first_scrape_unix_seconds: float
    gaps: tuple[Gap, ...]

    def place(self, unix_seconds: float) -> float:
        """Return where a moment stands: 0 at the start, 1 at the end."""
        return (unix_seconds - self.start_unix_seconds) / (self.end_unix_seconds - self.start_unix_seconds)


def curves_of(history: History) -> Curves | None:
    """Return what can be drawn of *history*; None when that is nothing; nonsense does not count."""
    start, end = history.start_unix_seconds, history.end_unix_seconds
    if not is_time(start) or not is_time(end) or start >= end:
        return None
    usages = _valid_usages(history)
    if not usages:
        return None
    moments = [usage.unix_seconds for usage in usages]
    intervals = [later - earlier for earlier, later in pairwise(moments)]
    first_scrape = min(max(history.first_scrape_unix_seconds, start), moments[0])
    longest = _GAP_INTERVALS * (median(intervals) if intervals else _USUAL_INTERVAL_SECONDS)
    return Curves(
        start_unix_seconds=start,
        end_unix_seconds=end,
        cpu=_stretches(usages, longest, lambda usage: usage.cpu_ratio),
        memory=_stretches(usages, longest, lambda usage: usage.memory_ratio),
        first_scrape_unix_seconds=first_scrape,
        gaps=tuple(
            Gap(*pair) for pair in pairwise([first_scrape, *moments, end]) if pair[1] - pair[0] > longest
        ),
    )


def _valid_usages(history: History) -> list[Usage]:
    """Return the usages within *history* that hold a value, one for each moment, in order of time."""
    by_moment = {
        usage.unix_seconds: usage
        for usage in history.usages
        if history.start_unix_seconds <= usage.unix_seconds <= history.end_unix_seconds
        and (_is_ratio(usage.cpu_ratio) or _is_ratio(usage.memory_ratio))
    }
    return [by_moment[moment] for moment in sorted(by_moment)]


def _stretches(
    usages: Sequence[Usage], longest: float, ratio_of: Callable[[Usage], float | None]
) -> tuple[Stretch, ...]:
    found: list[list[Point]] = []
    for usage in usages:
        ratio = ratio_of(usage)
        if not _is_ratio(ratio):
            continue
        if not found or usage.unix_seconds - found[-1][-1].unix_seconds > longest:
            found.append([])
        found[-1].append(Point(usage.unix_seconds, min(ratio, 1.0)))
    return tuple(found)


def _is_ratio(value: float | None) -> TypeGuard[float]:
    return value is not None and 0 <= value < float("inf")

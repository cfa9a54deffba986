"""The scrapes of a host as stretches: when it did not answer, and when nobody asked it; pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from alertbridge.prometheus.answers import Sample

_GAP_INTERVALS = 3.0
_FEW = 3  # intervals; so few may all be gaps
_USUAL_INTERVAL_SECONDS = 60.0  # as long as anybody waits between two scrapes, nearly always


class Stretch(NamedTuple):
    """A stretch of time, in seconds since 1970."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Scrapes in a row that were not answered.

    Attributes:
        before: The last that was answered before them; None when there is none.
        first: The first of them.
        last: The last of them.
        after: The first that was answered after them; None when there is none.
    """

    before: float | None
    first: float
    last: float
    after: float | None


class Scrapes:
    """The scrapes of one host, in order, one at each moment, and the stretches of time that hold them.

    What is no value of `up`, or from outside of those stretches, does not count. A moment with two values was
    answered.
    """

    def __init__(self, up: Iterable[Sample], known: Iterable[Stretch]) -> None:
        self._known = _joined(known)
        self.all = tuple(sorted(_by_moment(one for one in up if self._is_known(one)).items()))
        self._longest_wait_seconds = _GAP_INTERVALS * self._interval_seconds()

    def unscraped(self, stretch: Stretch) -> bool:
        """Return whether nobody asked the host within *stretch*, between two scrapes, for long."""
        return self._known_seconds(stretch) > self._longest_wait_seconds

    def unknown(self, stretch: Stretch) -> bool:
        """Return whether much of *stretch* is not known of."""
        return stretch.seconds - self._known_seconds(stretch) > self._longest_wait_seconds

    def unseen_seconds(self, absence: Absence, end: float) -> float:
        """Return for how long the host need not have been down from the start of *absence* to *end*.

        That is the time when nobody asked it, and where there is any, also that between the last scrape that
        it answered and the first that it did not, and the other way round; 0 where it was asked all the time.
        """
        start = absence.first if absence.before is None else absence.before
        inside = [moment for moment, _ in self.all if start <= moment <= end]
        pairs = [Stretch(*pair) for pair in pairwise([*inside, end])]
        gaps = [pair for pair in pairs if self.unscraped(pair)]
        if not gaps:
            return 0.0
        edges = {Stretch(start, absence.first), Stretch(absence.last, end)}
        uncertain = edges if absence.after is not None else edges - {Stretch(absence.last, end)}
        return sum(pair.seconds for pair in uncertain.union(gaps))

    def _is_known(self, sample: Sample) -> bool:
        is_scrape = math.isfinite(sample.unix_seconds) and sample.value in {0, 1}
        return is_scrape and any(start <= sample.unix_seconds <= end for start, end in self._known)

    def _known_seconds(self, stretch: Stretch) -> float:
        shared = ((max(stretch.start, start), min(stretch.end, end)) for start, end in self._known)
        return sum(end - start for start, end in shared if end > start)

    def _interval_seconds(self) -> float:
        pairs = [Stretch(earlier, later) for (earlier, _), (later, _) in pairwise(self.all)]
        waits = [pair.seconds for pair in pairs if self._known_seconds(pair) == pair.seconds]
        if len(waits) >= _FEW:
            return median(waits)
        return min([*waits, _USUAL_INTERVAL_SECONDS])


def absences(scrapes: Sequence[tuple[float, float]]) -> list[Absence]:
    """Return when the host of *scrapes*, in order, did not answer."""
    found: list[Absence] = []
    before: float | None = None
    gone: list[float] = []
    for moment, value in scrapes:
        if value != 1:
            gone.append(moment)
            continue
        if gone:
            found.append(Absence(before=before, first=gone[0], last=gone[-1], after=moment))
            gone = []
        before = moment
    if gone:
        found.append(Absence(before=before, first=gone[0], last=gone[-1], after=None))
    return found


def _by_moment(samples: Iterable[Sample]) -> dict[float, float]:
    found: dict[float, float] = {}
    for moment, value in samples:
        found[moment] = max(value, found.get(moment, value))
    return found


def _joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return *stretches* in order of time, those that touch as one."""
    found: list[Stretch] = []
    for stretch in sorted(stretches):
        if found and stretch.start <= found[-1].end:
            found[-1] = Stretch(found[-1].start, max(found[-1].end, stretch.end))
        else:
            found.append(stretch)
    return tuple(found)

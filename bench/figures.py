"""From samples to figures, and from figures to verdicts; no I/O."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self

_LARGE = 10


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some samples, and how far they lie apart."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Self:
        return cls(statistics.median(samples), min(samples), max(samples))

    def told(self, unit: str = "", *, factor: float = 1.0) -> str:
        """Return the figure for people, `1.5 ms (1.2 .. 3.0)`, each value multiplied by *factor*."""
        median, lowest, highest = (
            short(value * factor) for value in (self.median, self.lowest, self.highest)
        )
        return f"{median}{unit} ({lowest} .. {highest})"


class Verdict(Enum):
    """What a figure comes to."""

    MET = "met"
    MISSED = "MISSED"
    NO_MARK = "--"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; each text is for people.

    Attributes:
        what: What was measured.
        against: What it is held against.
        mark: What is promised.
        figure: What came out, or why nothing did.
        verdict: What that comes to.
    """

    what: str
    against: str
    mark: str
    figure: str
    verdict: Verdict


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return how *ours* compare with *theirs*, pair by pair, as they were measured one after the other."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least *share* of *samples* do not exceed (nearest rank)."""
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much y grows with each x, over (x, y) *points*: the least squares' line."""
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def judged(*, is_met: bool) -> Verdict:
    """Return the verdict on a figure that has a mark."""
    return Verdict.MET if is_met else Verdict.MISSED


def short(value: float) -> str:
    """Return *value* with two figures behind the point where it is small, one where it is not."""
    return f"{value:.1f}" if abs(value) >= _LARGE else f"{value:.2f}"


def fraction(ratio: float) -> str:
    """Return a small *ratio* as people say it: 0.05 is `1/20`."""
    return f"1/{short(1 / ratio)}" if 0 < ratio < 1 else f"{short(ratio)}x"

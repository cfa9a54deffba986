"""Samples, as Prometheus keeps them and looks for them."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

Labels = tuple[tuple[str, str], ...]

LOOK_BACK_SECONDS = 300.0
_STALE = math.nan


def labels_of(**named: str) -> Labels:
    """Return labels that can be a key."""
    return tuple(sorted(named.items()))


def with_labels(labels: Labels, **more: str) -> Labels:
    """Return *labels* and *more*."""
    return labels_of(**dict(labels), **more)


class Storage:
    """All samples by metric and labels; they outlast the process."""

    def __init__(self) -> None:
        self._series: defaultdict[str, dict[Labels, list[tuple[float, float]]]] = defaultdict(dict)

    def append(self, metric: str, labels: Labels, at: float, value: float) -> None:
        """Add a sample, the newest of its series."""
        self._series[metric].setdefault(labels, []).append((at, value))

    def end(self, metric: str, labels: Labels, at: float) -> None:
        """Mark a series as stale, if there is one that is not."""
        samples = self._series[metric].get(labels)
        if samples and not math.isnan(samples[-1][1]):
            samples.append((at, _STALE))

    def now(self, metric: str, at: float) -> Iterator[tuple[Labels, float, float]]:
        """Yield what an instant query finds: labels, time and value of the newest samples."""
        for labels, samples in self._series[metric].items():
            before = bisect_right(samples, (at, math.inf))
            if before:
                moment, value = samples[before - 1]
                if moment > at - LOOK_BACK_SECONDS and not math.isnan(value):
                    yield labels, moment, value

    def since(
        self, metric: str, start: float, at: float
    ) -> Iterator[tuple[Labels, list[tuple[float, float]]]]:
        """Yield what a range query finds: labels and samples, without marks of staleness."""
        for labels, samples in self._series[metric].items():
            within = samples[bisect_right(samples, (start, math.inf)) : bisect_right(samples, (at, math.inf))]
            found = [sample for sample in within if not math.isnan(sample[1])]
            if found:
                yield labels, found

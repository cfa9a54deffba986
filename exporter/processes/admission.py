"""Which names may be published: the largest, at most so many at once and so many new ones within any hour."""

import heapq
import math
from collections.abc import Collection, Mapping

from exporter.processes.budget import SETTLED_SECONDS, Budget, LastHour, is_large

_LARGER = 2.0  # times
_HALF_LIFE_SECONDS = 600.0
_HALF_LIFE_OF_THE_GONE_SECONDS = 60.0


def new_names_per_hour(limit: int, new_per_hour: int) -> int:
    """Return how many names an admission of *limit* takes up within any hour at most."""
    return max(new_per_hour, 2 * limit)


class Admission:
    """Holds at most *limit* names, and takes up at most *new_per_hour*, or twice *limit*, an hour.

    While there is room, any name may enter, the largest first. When it is full, one that has been there for
    10 s, or has a tenth of the host, takes the place of the smallest if it is at least twice as large as that
    has been lately: what a name once had counts half after ten minutes, after one if it is gone. A name that
    was admitted within the last hour is not new.
    """

    def __init__(self, *, limit: int, new_per_hour: int) -> None:
        self._limit = limit
        self._budget = Budget(per_hour=new_names_per_hour(limit, new_per_hour), places=limit)
        self._recent = LastHour[str, str]()
        self._lately: dict[str, float] = {}
        self._waiting: dict[str, float] = {}
        self._monotonic_seconds = -math.inf

    @property
    def names(self) -> Collection[str]:
        """The names admitted."""
        return self._lately.keys()

    def admit(self, shares: Mapping[str, float], *, monotonic_seconds: float) -> None:
        """Let names enter and leave, given what share of the host each has now; a missing one has none."""
        seconds = max(0.0, monotonic_seconds - self._monotonic_seconds)
        first_seen_seconds = monotonic_seconds if math.isfinite(seconds) else -math.inf
        self._monotonic_seconds = monotonic_seconds
        kept = math.exp2(-seconds / _HALF_LIFE_SECONDS)
        kept_of_the_gone = math.exp2(-seconds / _HALF_LIFE_OF_THE_GONE_SECONDS)
        self._lately = {
            name: max(shares[name], share * kept) if name in shares else share * kept_of_the_gone
            for name, share in self._lately.items()
        }
        self._waiting = {
            name: self._waiting.get(name, first_seen_seconds) for name in shares if name not in self._lately
        }
        self._let_in(shares)

    def _let_in(self, shares: Mapping[str, float]) -> None:
        smallest = self._smallest_of_all_places()
        for name in heapq.nlargest(self._limit, self._waiting, key=shares.__getitem__):
            share = shares[name]
            if smallest is not None and (share <= 0 or share < _LARGER * self._lately[smallest]):
                return  # nor are the others large enough
            if self._may_enter(name, share, is_full=smallest is not None):
                if smallest is not None:
                    del self._lately[smallest]
                    self._recent.keep(smallest, smallest, monotonic_seconds=self._monotonic_seconds)
                self._lately[name] = share
                smallest = self._smallest_of_all_places()

    def _smallest_of_all_places(self) -> str | None:
        """Return the name that would have to give its place to another; None while there is room."""
        is_full = len(self._lately) >= self._limit
        return min(self._lately, key=self._lately.__getitem__) if is_full else None

    def _may_enter(self, name: str, share: float, *, is_full: bool) -> bool:
        seconds = self._monotonic_seconds
        age_seconds = seconds - self._waiting[name]
        if is_full and not is_large(share) and age_seconds < SETTLED_SECONDS:
            return False
        is_known = self._recent.get(name, monotonic_seconds=seconds) is not None
        return is_known or self._budget.take(share, age_seconds=age_seconds, monotonic_seconds=seconds)

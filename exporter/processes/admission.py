"""Which names may be published: at most so many at once, and at most so many new ones within any hour."""

import heapq
import math
from collections.abc import Collection, Mapping

_NEW_PER_HOUR = 60
_HOUR_SECONDS = 3600.0


def names_per_hour(limit: int) -> int:
    """Return how many names an admission of *limit* takes up within any hour at most."""
    return max(_NEW_PER_HOUR, 2 * limit)


class Admission:
    """Holds at most *limit* names, and takes up at most 60 an hour (twice the limit, if that is more).

    While there is room, any name may enter, the most significant first. When it is full, a significant one
    takes the place of the one that has not been significant for longest, and has to wait if all of them are.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._bucket = TokenBucket(per_hour=names_per_hour(limit), burst=limit)
        self._significant_seconds: dict[str, float] = {}

    @property
    def names(self) -> Collection[str]:
        """The names admitted."""
        return self._significant_seconds.keys()

    def admit(self, significance: Mapping[str, float], *, monotonic_seconds: float) -> None:
        """Let names enter and leave, given how significant each is now; one that is missing is not at all."""
        for name in self._significant_seconds:
            if significance.get(name, 0.0) >= 1:
                self._significant_seconds[name] = monotonic_seconds
        strangers = [name for name in significance if name not in self._significant_seconds]
        for name in heapq.nlargest(self._limit, strangers, key=significance.__getitem__):
            if not self._make_room(significance[name], monotonic_seconds):
                return  # nor is there any for the less significant
            self._significant_seconds[name] = monotonic_seconds

    def _make_room(self, wanted: float, monotonic_seconds: float) -> bool:
        full = len(self._significant_seconds) >= self._limit
        longest_unseen = min(self._significant_seconds, key=self._significant_seconds.__getitem__, default="")
        if full and (wanted < 1 or self._significant_seconds[longest_unseen] == monotonic_seconds):
            return False
        if not self._bucket.take(monotonic_seconds=monotonic_seconds):
            return False
        if full:
            del self._significant_seconds[longest_unseen]
        return True


class TokenBucket:
    """Gives out *burst* tokens at once, and no more than *per_hour* within any hour, the burst included.

    Raises:
        ValueError: The burst alone is more than an hour may have.
    """

    def __init__(self, *, per_hour: int, burst: int) -> None:
        if burst > per_hour:
            raise ValueError("a burst larger than the hour's limit")
        self._burst = float(burst)
        self._per_second = (per_hour - burst) / _HOUR_SECONDS
        self._tokens = self._burst
        self._filled_seconds = -math.inf

    def has_token(self, *, monotonic_seconds: float) -> bool:
        """Return whether one could be taken now."""
        if monotonic_seconds > self._filled_seconds:
            gained = (
                (monotonic_seconds - self._filled_seconds) * self._per_second if self._per_second else 0.0
            )
            self._tokens = min(self._burst, self._tokens + gained)
            self._filled_seconds = monotonic_seconds
        return self._tokens >= 1

    def take(self, *, monotonic_seconds: float) -> bool:
        """Take a token and return True, or return False if there is none."""
        if not self.has_token(monotonic_seconds=monotonic_seconds):
            return False
        self._tokens -= 1
        return True

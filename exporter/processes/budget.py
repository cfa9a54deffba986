"""How much may be published anew within any hour, and who gets it: the larger, the more is there."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

HOUR_SECONDS = 3600.0
SETTLED_SECONDS = 10.0
_RESERVE = 4  # the fourth part
_LARGE_SHARE = 0.1  # of the host: from here up, the reserve is open
_REACH = 2.0  # times its share of the host is what one may use of the reserve
_REACH_OF_THE_YOUNG = 0.7
_AT_ONCE = 6  # the sixth part; the rest comes back over the hour
_LEAST_AT_ONCE = 5  # so that one with a tenth of the host may take one
_SPARED = 2  # the half is not left over

Key = TypeVar("Key")
Value = TypeVar("Value")


def is_large(share: float) -> bool:
    """Return whether *share* of the host, 0 to 1, opens the reserve of a budget."""
    return share >= _LARGE_SHARE


class TokenBucket:
    """Gives out *burst* tokens at once, and no more than *per_hour* within any hour, the burst included.

    Raises:
        ValueError: The burst alone is more than an hour may have.
    """

    def __init__(self, *, per_hour: int, burst: int) -> None:
        if burst > per_hour:
            raise ValueError("a burst larger than the hour's limit")
        self.burst = burst
        self._per_second = (per_hour - burst) / HOUR_SECONDS
        self._tokens = float(burst)
        self._filled_seconds = -math.inf

    def take(self, *, monotonic_seconds: float, leaving: int = 0) -> bool:
        """Take a token and return True, or return False if there are not that many more than *leaving*."""
        if monotonic_seconds > self._filled_seconds:
            gained = (
                (monotonic_seconds - self._filled_seconds) * self._per_second if self._per_second else 0.0
            )
            self._tokens = min(self.burst, self._tokens + gained)
            self._filled_seconds = monotonic_seconds
        if self._tokens < 1 + leaving:
            return False
        self._tokens -= 1
        return True


class Budget:
    """What may be published anew: at most *per_hour* within any hour, and at least *places* at once at first.

    Three quarters are there for all. The last quarter is a reserve for those with at least a tenth of the
    host. The larger they are, the more of it they may use: a fifth of it with a tenth of the host, all of it
    with half of the host; but no more than 70 % before they are 10 s old. So nobody is kept out for long but
    by others of about its own size that last.

    Raises:
        ValueError: There are more places than three quarters of an hour's budget.
    """

    def __init__(self, *, per_hour: int, places: int) -> None:
        reserved = per_hour // _RESERVE
        common = per_hour - reserved
        self._common = TokenBucket(per_hour=common, burst=max(common // _AT_ONCE, places))
        self._reserve = TokenBucket(per_hour=reserved, burst=max(reserved // _AT_ONCE, _LEAST_AT_ONCE))
        self._spared = math.ceil(self._common.burst / _SPARED)

    def take(self, share: float, *, age_seconds: float, monotonic_seconds: float) -> bool:
        """Return whether one with that *share* of the host, 0 to 1, may be published now, and count it.

        One that is neither large nor 10 s old takes only what is left over.
        """
        if not is_large(share):
            leaving = 0 if age_seconds >= SETTLED_SECONDS else self._spared
            return self._common.take(monotonic_seconds=monotonic_seconds, leaving=leaving)
        reach = min(_REACH * share, 1.0 if age_seconds >= SETTLED_SECONDS else _REACH_OF_THE_YOUNG)
        kept = self._reserve.burst - math.floor(self._reserve.burst * reach)
        return self._common.take(monotonic_seconds=monotonic_seconds) or self._reserve.take(
            monotonic_seconds=monotonic_seconds, leaving=kept
        )

    def take_left_over(self, *, monotonic_seconds: float) -> bool:
        """The same, for what comes last: only while half of what is there for all stays there."""
        return self._common.take(monotonic_seconds=monotonic_seconds, leaving=self._spared)


class LastHour(Generic[Key, Value]):
    """What was published within the last hour: to publish it again is nothing new."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Value]:
        return (value for _, value in self._kept.values())

    def get(self, key: Key, *, monotonic_seconds: float) -> Value | None:
        """Return what was last kept for *key*, if that was within the hour before."""
        kept_seconds, value = self._kept.get(key, (-math.inf, None))
        return value if kept_seconds >= monotonic_seconds - HOUR_SECONDS else None

    def keep(self, key: Key, value: Value, *, monotonic_seconds: float) -> None:
        """Keep *value* for an hour, and forget what has had its hour."""
        self._kept[key] = (monotonic_seconds, value)
        self._kept.move_to_end(key)
        while next(iter(self._kept.values()))[0] < monotonic_seconds - HOUR_SECONDS:
            self._kept.popitem(last=False)

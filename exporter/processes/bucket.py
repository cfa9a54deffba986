"""A bucket of tokens: bounds how many new things may appear within any hour."""

import math

_HOUR_SECONDS = 3600.0


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

"""Whether Prometheus' clock and the bridge's agree: times of the one are told beside times of the other."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import Clock
from marax.settings.durations import spoken

_BUDGET_SECONDS = 5.0
_TIME = "vector(time())"
_TOLERATED_SECONDS = 10.0
_LASTS_SECONDS = 300.0
_LATEST_UNIX_SECONDS = 32_503_680_000.0  # the year 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """How far Prometheus' clock is ahead of the bridge's.

    Attributes:
        seconds: How far; negative where it is behind.
        uncertainty_seconds: By how much that may be wrong.
    """

    seconds: float
    uncertainty_seconds: float = 0.0

    @property
    def words(self) -> str:
        """What it is, if it is too much to be left unsaid; else empty."""
        if abs(self.seconds) - self.uncertainty_seconds <= _TOLERATED_SECONDS:
            return ""
        direction = "ahead of" if self.seconds > 0 else "behind"
        return f"Prometheus' clock is {spoken(abs(self.seconds))} {direction} the clock of this bridge"


class PrometheusClock(Protocol):
    """Knows what time it is at Prometheus."""

    def skew(self) -> Skew | NotKnown:
        """Return how far its clock is ahead of the bridge's. Never raises."""
        ...


class AskedClock:
    """Asks the Prometheus at *url*, for 5 s at most."""

    def __init__(self, url: HttpUrl, clock: Clock) -> None:
        self._url = url
        self._clock = clock

    def skew(self) -> Skew | NotKnown:
        return asyncio.run(self._ask())

    async def _ask(self) -> Skew | NotKnown:
        api = PrometheusApi(self._url, deadline=asyncio.get_running_loop().time() + _BUDGET_SECONDS)
        asked = self._clock.unix_seconds()
        found = await api.series(_TIME)
        answered = self._clock.unix_seconds()
        if isinstance(found, NotKnown):
            return found
        there = [sample.value for series in found for sample in series.samples]
        if len(there) != 1 or not 0 < there[0] < _LATEST_UNIX_SECONDS or answered < asked:
            return NotKnown(reason="invalid response")
        middle, half = (asked + answered) / 2, (answered - asked) / 2
        return Skew(seconds=there[0] - middle, uncertainty_seconds=half)


class ClockSkew:
    """What is known of the skew at present; threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: tuple[float, Skew] | None = None

    def note(self, skew: Skew | None) -> None:
        """Keep *skew* for five minutes, in which Prometheus may fail to answer; None: nothing is known."""
        self._known = None if skew is None else (self._clock.monotonic_seconds(), skew)

    def seconds(self) -> float | None:
        """Return how far Prometheus' clock is ahead; None when that is not known."""
        skew = self._current()
        return None if skew is None else skew.seconds

    def words(self) -> str:
        """Return what is to be said of it: half a sentence; empty when there is nothing."""
        skew = self._current()
        return "" if skew is None else skew.words

    def mail_words(self) -> str:
        """Return the same as a sentence of a mail."""
        words = self.words()
        return f"{words}: times and durations in this mail may be wrong by as much." if words else ""

    def _current(self) -> Skew | None:
        if self._known is None:
            return None
        noted, skew = self._known
        return skew if self._clock.monotonic_seconds() - noted < _LASTS_SECONDS else None

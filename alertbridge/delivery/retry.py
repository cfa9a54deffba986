"""How long a notice waits after an attempt that failed."""

import random
from dataclasses import dataclass, field

_STEPS_SECONDS = (5.0, 15.0, 45.0, 120.0, 300.0, 600.0, 900.0)
_AFTER_AMBIGUOUS_SECONDS = 10.0
_PROBE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Full jitter (AWS Architecture Blog, 2015) over steps that grow to 15 minutes; given up after *max_age*.

    Attributes:
        max_age_seconds: How old a notice may get before it is a dead letter.
        chance: Where the jitter comes from.
    """

    max_age_seconds: float = 86400.0
    chance: random.Random = field(default_factory=random.SystemRandom)

    def wait_seconds(self, attempts: int) -> float:
        """Return how long to wait after the *attempts*-th failure; 1 is the first."""
        step = _STEPS_SECONDS[min(attempts, len(_STEPS_SECONDS)) - 1]
        return self.chance.uniform(min(1.0, step), step)

    def ambiguous_wait_seconds(self, attempts: int) -> float:
        """Return how long to wait before repeating what may have been sent: at least 10 s."""
        return max(_AFTER_AMBIGUOUS_SECONDS, self.wait_seconds(attempts))

    def pause_seconds(self, asked_seconds: float | None) -> float:
        """Return how long to leave a lane alone that *asked* for so long, or did not say: 1 s to 1 h."""
        asked = _PROBE_SECONDS if asked_seconds is None else asked_seconds
        return min(max(asked, 1.0), _LONGEST_PAUSE_SECONDS)

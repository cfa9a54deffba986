"""How long a lane has been failing, and when it is worth another try."""

import threading

from alertbridge.delivery.mailer import Accepted, Ambiguous, LanePaused, NotSent, Outcome, TakenBefore
from marax.clock import Clock

PROBE_SECONDS = 60.0
# A mail that comes back in doubt has to wait for the lane, so few may
_PROBE_AFTER_DOUBT_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 3600.0


class Trouble:
    """A lane is in trouble from its first failure to the next mail that it takes. Threads may share it."""

    def __init__(self, lasting_after_seconds: float, clock: Clock) -> None:
        self._lasting_after_seconds = lasting_after_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._since_seconds: float | None = None
        self._worth_a_try_seconds = 0.0

    def note(self, outcome: Outcome | TakenBefore) -> None:
        """Keep what came of an attempt by the lane."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            match outcome:
                case Accepted():
                    self._since_seconds, self._worth_a_try_seconds = None, 0.0
                    return
                case Ambiguous():
                    wait_seconds = _PROBE_AFTER_DOUBT_SECONDS
                case LanePaused(for_seconds=asked) if asked is not None:
                    wait_seconds = min(asked, _LONGEST_PAUSE_SECONDS)
                case LanePaused() | NotSent():
                    wait_seconds = PROBE_SECONDS
                case _:  # it speaks of the mail or of its recipient
                    return
            self._worth_a_try_seconds = max(self._worth_a_try_seconds, now + wait_seconds)
            self._since_seconds = now if self._since_seconds is None else self._since_seconds

    def is_lasting(self) -> bool:
        """Return whether the lane has been in trouble for so long that another has to be used."""
        with self._lock:
            return self._since_seconds is not None and self._left_seconds(self._since_seconds) <= 0.0

    def seconds_until_lasting(self) -> float:
        """Return how much longer the trouble has to go on until it is lasting."""
        with self._lock:
            if self._since_seconds is None:
                return self._lasting_after_seconds
            return max(0.0, self._left_seconds(self._since_seconds))

    def take_probe(self) -> bool:
        """Return whether the lane is worth a try now; in lasting trouble, to one caller at a time."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            if now < self._worth_a_try_seconds and self._since_seconds is not None:
                return False
            self._worth_a_try_seconds = now + PROBE_SECONDS
            return True

    def _left_seconds(self, since_seconds: float) -> float:
        return since_seconds + self._lasting_after_seconds - self._clock.monotonic_seconds()

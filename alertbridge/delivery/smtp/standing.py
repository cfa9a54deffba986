"""Whether a mail server that refuses us refuses all mails, or those to some recipients only."""

import threading

from alertbridge.delivery.mailer import NotSent, TransportPaused
from marax.clock import Clock

_OTHERS_FIRST_SECONDS = 5.0
_TRUSTED_SECONDS = 600.0
_BETWEEN_TRIES_SECONDS = 60.0


class Standing:
    """Narrows a pause down to one recipient where the server serves others. Threads may share it.

    A server that takes mails for its own domain only says "relay access denied" to all others, at RCPT TO.
    The first such refusal pauses the transport. After the pause, the next one delays its own mail alone, and
    for some seconds the recipients who have been refused are passed over: so the others get their turn,
    whatever waits before them. Once one of their mails is accepted, no refusal of this kind pauses the
    transport for ten minutes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._trusted_until_seconds = float("-inf")
        self._others_first_until_seconds = float("-inf")
        self._has_paused = False
        self._passed_over: dict[str, str] = {}

    def passed_over(self, recipient: str) -> NotSent | None:
        """Return the outcome of a mail to *recipient* without an attempt; None if one is to be made."""
        with self._lock:
            is_turn_of_others = self._clock.monotonic_seconds() < self._others_first_until_seconds
            reason = self._passed_over.get(recipient)
        return _delayed(reason, _OTHERS_FIRST_SECONDS) if reason and is_turn_of_others else None

    def note_accepted(self) -> None:
        """Note that the server accepted a mail."""
        with self._lock:
            self._trusted_until_seconds = self._clock.monotonic_seconds() + _TRUSTED_SECONDS
            self._has_paused = False

    def narrowed(self, recipient: str, paused: TransportPaused) -> TransportPaused | NotSent:
        """Return what is left of a pause on account of a mail to *recipient*."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            if now < self._trusted_until_seconds:
                return _delayed(paused.reason, _BETWEEN_TRIES_SECONDS)
            if now >= self._others_first_until_seconds:
                self._has_paused = not self._has_paused
                if self._has_paused:
                    return paused
                self._others_first_until_seconds = now + _OTHERS_FIRST_SECONDS
                self._passed_over = {}
            self._passed_over[recipient] = paused.reason
            return _delayed(paused.reason, _OTHERS_FIRST_SECONDS)


def _delayed(reason: str, seconds: float) -> NotSent:
    return NotSent(reason=reason, try_within_seconds=seconds, is_counted=False)

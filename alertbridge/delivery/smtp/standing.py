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
    for some seconds the recipients who are refused are passed over: so the others get their turn, whatever
    waits before them. Once one of their mails is accepted, a refusal of this kind delays the mails to its own
    recipient and does not pause the transport, for ten minutes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._trusted_until_seconds = float("-inf")
        self._others_first_until_seconds = float("-inf")
        self._has_paused = False
        self._passed_over: dict[str, tuple[float, str]] = {}

    def passed_over(self, recipient: str) -> NotSent | None:
        """Return the outcome of a mail to *recipient* without an attempt; None if one is to be made."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            until_seconds, reason = self._passed_over.get(recipient, (now, ""))
        return _delayed(reason, until_seconds - now) if now < until_seconds else None

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
                until_seconds = now + _BETWEEN_TRIES_SECONDS
            elif now < self._others_first_until_seconds:
                until_seconds = self._others_first_until_seconds
            elif self._has_paused:
                self._has_paused = False
                until_seconds = self._others_first_until_seconds = now + _OTHERS_FIRST_SECONDS
            else:
                self._has_paused = True
                return paused
            self._passed_over[recipient] = (until_seconds, paused.reason)
            return _delayed(paused.reason, until_seconds - now)


def _delayed(reason: str, seconds: float) -> NotSent:
    return NotSent(reason=reason, try_within_seconds=seconds, is_counted=False)

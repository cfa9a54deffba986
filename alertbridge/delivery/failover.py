"""Two ways of sending: the second while the first has been in trouble for long."""

import logging
import threading
from dataclasses import replace

from alertbridge.delivery.mailer import (
    Absent,
    Accepted,
    Ambiguous,
    Finding,
    Found,
    Lookup,
    Mailer,
    NotSent,
    Outcome,
    TakenBefore,
    TransportPaused,
    Unanswered,
)
from alertbridge.mail.mail import Mail
from alertbridge.metrics import Metrics
from marax.clock import Clock

PROBE_SECONDS = 60.0
_WORTH_ASKING_SECONDS = 300.0
# A mail that comes back in doubt has to wait for the lane, so few may
_PROBE_AFTER_DOUBT_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 3600.0
# "Event Polling" in Mailgun's user manual: of half an hour ago, all events are there
_PROVEN_SECONDS = 1800.0

logger = logging.getLogger(__name__)


class PrimaryTransport:
    """Sends by *mailer*; *lookup* says which mails in doubt it had taken. Threads may share it."""

    def __init__(self, mailer: Mailer, lookup: Lookup, clock: Clock) -> None:
        self._mailer = mailer
        self._lookup = lookup
        self._clock = clock

    def send(self, mail: Mail) -> Outcome:
        return self._mailer.send(mail)

    def find(self, message_id: str) -> Finding:
        """Return what the far side knows of a mail in doubt."""
        return self._lookup.find(message_id)

    def send_again(self, mail: Mail, *, ambiguous_since_unix_seconds: float) -> Outcome | TakenBefore:
        match self.find(mail.message_id):
            case Found(provider_id=provider_id):
                return TakenBefore(provider_id=provider_id)
            case Unanswered(reason=reason) if self._age(ambiguous_since_unix_seconds) < _WORTH_ASKING_SECONDS:
                return NotSent(reason=f"it may have been sent: {reason}")
            case _:
                return self._mailer.send(mail)

    def _age(self, unix_seconds: float) -> float:
        return abs(self._clock.unix_seconds() - unix_seconds)


class CircuitBreaker:
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
                case TransportPaused(for_seconds=asked) if asked is not None:
                    wait_seconds = min(asked, _LONGEST_PAUSE_SECONDS)
                case TransportPaused() | NotSent():
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

    def try_probe(self) -> bool:
        """Return whether the lane is worth a try now; in lasting trouble, to one caller at a time."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            if now < self._worth_a_try_seconds and self._since_seconds is not None:
                return False
            self._worth_a_try_seconds = now + PROBE_SECONDS
            return True

    def _left_seconds(self, since_seconds: float) -> float:
        return since_seconds + self._lasting_after_seconds - self._clock.monotonic_seconds()


class Failover:
    """Sends by *first*; once its *trouble* is lasting, by *second* what has surely not been sent.

    A mail in doubt stays with the first, unless the first proves not to have it. Now and then a mail tries
    the first all the same; one that it takes ends the use of the second. Threads may share it.
    """

    def __init__(
        self, first: PrimaryTransport, second: Mailer, trouble: CircuitBreaker, clock: Clock, metrics: Metrics
    ) -> None:
        self._first = first
        self._second = second
        self._trouble = trouble
        self._clock = clock
        self._is_second_in_use = False
        self._gauge = metrics.second_lane_in_use
        self._gauge.set(0)

    def send(self, mail: Mail) -> Outcome:
        if self._trouble.is_lasting() and not self._trouble.try_probe():
            return self._by_second(mail)
        outcome = self._first.send(mail)
        self._note(outcome)
        if not isinstance(outcome, NotSent | TransportPaused):
            return outcome
        return self._by_second(mail) if self._trouble.is_lasting() else self._until_lasting(outcome)

    def send_again(self, mail: Mail, *, ambiguous_since_unix_seconds: float) -> Outcome | TakenBefore:
        if self._trouble.is_lasting():
            return self._send_again_in_trouble(
                mail, self._clock.unix_seconds() - ambiguous_since_unix_seconds
            )
        outcome = self._first.send_again(mail, ambiguous_since_unix_seconds=ambiguous_since_unix_seconds)
        self._note(outcome)
        return self._until_lasting(outcome) if isinstance(outcome, TransportPaused) else outcome

    def _send_again_in_trouble(self, mail: Mail, ambiguous_seconds: float) -> Outcome | TakenBefore:
        match self._first.find(mail.message_id):
            case Found(provider_id=provider_id):
                return TakenBefore(provider_id=provider_id)
            case Absent() if ambiguous_seconds >= _PROVEN_SECONDS:
                return self._by_second(mail)
            case Absent():
                return NotSent(reason="it may have been sent; until that is disproved it waits for Mailgun")
            case _ if self._trouble.try_probe():
                outcome = self._first.send(mail)
                self._note(outcome)
                # A pause would hold up those that can leave by the second lane
                return NotSent(reason=outcome.reason) if isinstance(outcome, TransportPaused) else outcome
            case _:
                return NotSent(reason="it may have been sent, so it waits for Mailgun")

    def _by_second(self, mail: Mail) -> Outcome:
        if not self._is_second_in_use:
            self._is_second_in_use = True
            self._gauge.set(1)
            logger.warning("Mailgun has been in trouble for long; mail leaves by the second lane")
        return self._second.send(mail)

    def _note(self, outcome: Outcome | TakenBefore) -> None:
        self._trouble.note(outcome)
        if self._is_second_in_use and not self._trouble.is_lasting():
            self._is_second_in_use = False
            self._gauge.set(0)
            logger.info("Mailgun takes mail again; the second lane rests")

    def _until_lasting(self, outcome: NotSent | TransportPaused) -> NotSent | TransportPaused:
        """Return *outcome* with a wait that ends when the second lane may be used."""
        left_seconds = self._trouble.seconds_until_lasting()
        if isinstance(outcome, NotSent):
            return replace(outcome, try_within_seconds=left_seconds)
        asked = PROBE_SECONDS if outcome.for_seconds is None else outcome.for_seconds
        return replace(outcome, for_seconds=min(asked, left_seconds))

"""A primary transport, and failover to another while the primary has been failing for long."""

import logging
import threading
from dataclasses import replace

from alertbridge.delivery.mailer import (
    Absent,
    Accepted,
    AlreadyAccepted,
    Ambiguous,
    Finding,
    Found,
    Lookup,
    Mailer,
    MessageRefused,
    NotSent,
    Outcome,
    TransportPaused,
    Unanswered,
)
from alertbridge.mail.mail import Mail
from alertbridge.metrics.table import Metrics
from marax.clock import Clock

PROBE_SECONDS = 60.0
_WORTH_ASKING_SECONDS = 300.0
# A mail whose attempt was ambiguous has to wait for the primary, so few may
_PROBE_AFTER_AMBIGUOUS_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 3600.0
# After half an hour a provider knows all events of a mail ("Event Polling" in Mailgun's user manual)
_PROVEN_SECONDS = 1800.0
_MOST_AMBIGUOUS = 1000

logger = logging.getLogger(__name__)


class PrimaryTransport:
    """Sends by *mailer*; *lookup* says which ambiguous mails it had accepted. Threads may share it."""

    def __init__(self, mailer: Mailer, lookup: Lookup, clock: Clock) -> None:
        self.name = mailer.name
        self._mailer = mailer
        self._lookup = lookup
        self._clock = clock

    def send(self, mail: Mail) -> Outcome:
        return self._mailer.send(mail)

    def find(self, message_id: str) -> Finding:
        """Return what the provider knows of an ambiguous mail."""
        return self._lookup.find(message_id)

    def send_again(self, mail: Mail, *, ambiguous_since_unix_seconds: float) -> Outcome | AlreadyAccepted:
        match self.find(mail.message_id):
            case Found(provider_id=provider_id):
                return AlreadyAccepted(provider_id=provider_id)
            case Unanswered(reason=reason) if self._age(ambiguous_since_unix_seconds) < _WORTH_ASKING_SECONDS:
                return NotSent(reason=f"it may have been sent: {reason}")
            case _:
                return self._mailer.send(mail)

    def _age(self, unix_seconds: float) -> float:
        return abs(self._clock.unix_seconds() - unix_seconds)


class CircuitBreaker:
    """Opens when a transport has been failing for *open_after_seconds*, without accepting a mail in between.

    Threads may share it.
    """

    def __init__(self, open_after_seconds: float, clock: Clock) -> None:
        self._open_after_seconds = open_after_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failing_since_seconds: float | None = None
        self._next_probe_seconds = 0.0

    def note(self, outcome: Outcome | AlreadyAccepted) -> None:
        """Note the outcome of an attempt by that transport."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            match outcome:
                case Accepted():
                    self._failing_since_seconds, self._next_probe_seconds = None, 0.0
                    return
                case Ambiguous():
                    wait_seconds = _PROBE_AFTER_AMBIGUOUS_SECONDS
                case TransportPaused(for_seconds=asked) if asked is not None:
                    wait_seconds = min(asked, _LONGEST_PAUSE_SECONDS)
                case TransportPaused() | NotSent():
                    wait_seconds = PROBE_SECONDS
                case _:  # it speaks of the mail or of its recipient
                    return
            self._next_probe_seconds = max(self._next_probe_seconds, now + wait_seconds)
            if self._failing_since_seconds is None:
                self._failing_since_seconds = now

    def is_open(self) -> bool:
        """Return whether the transport has been failing for so long that another has to be used."""
        with self._lock:
            since = self._failing_since_seconds
            return since is not None and self._left_seconds(since) <= 0.0

    def seconds_until_open(self) -> float:
        """Return how much longer the transport has to fail until another is used."""
        with self._lock:
            if self._failing_since_seconds is None:
                return self._open_after_seconds
            return max(0.0, self._left_seconds(self._failing_since_seconds))

    def try_probe(self) -> bool:
        """Return whether the transport is worth a try now; while it is failing, to one caller at a time."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            if now < self._next_probe_seconds and self._failing_since_seconds is not None:
                return False
            self._next_probe_seconds = now + PROBE_SECONDS
            return True

    def _left_seconds(self, since_seconds: float) -> float:
        return since_seconds + self._open_after_seconds - self._clock.monotonic_seconds()


class Failover:
    """Sends by *primary*; once its *breaker* is open, by *secondary* what has surely not been sent.

    An ambiguous mail stays with the primary, unless that proves not to have it; one that the secondary left
    ambiguous is repeated by it once. Now and then a mail probes the primary all the same; one that it accepts
    ends the failover. Threads may share it.
    """

    def __init__(
        self,
        primary: PrimaryTransport,
        secondary: Mailer,
        breaker: CircuitBreaker,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._primary = primary
        self._secondary = secondary
        self._breaker = breaker
        self._clock = clock
        self._is_on = False
        self._trouble = ""
        self._lock = threading.Lock()
        self._ambiguous_by_secondary: dict[str, int] = {}
        self._names = {"primary": primary.name, "secondary": secondary.name}
        self._gauge = metrics.second_lane_in_use
        self._gauge.set(0)

    def send(self, mail: Mail) -> Outcome:
        if self._breaker.is_open() and not self._breaker.try_probe():
            return self._send_by_secondary(mail)
        outcome = self._primary.send(mail)
        self._note(outcome)
        if not isinstance(outcome, NotSent | TransportPaused):
            return outcome
        return self._send_by_secondary(mail) if self._breaker.is_open() else self._until_open(outcome)

    def send_again(self, mail: Mail, *, ambiguous_since_unix_seconds: float) -> Outcome | AlreadyAccepted:
        if self._breaker.is_open():
            ambiguous_seconds = self._clock.unix_seconds() - ambiguous_since_unix_seconds
            return self._send_again_while_open(mail, ambiguous_seconds)
        outcome = self._primary.send_again(mail, ambiguous_since_unix_seconds=ambiguous_since_unix_seconds)
        self._note(outcome)
        return self._until_open(outcome) if isinstance(outcome, TransportPaused) else outcome

    def _send_again_while_open(self, mail: Mail, ambiguous_seconds: float) -> Outcome | AlreadyAccepted:
        if self._may_be_repeated(mail.message_id):
            return self._send_by_secondary(mail)
        waits = NotSent(reason=f"it may have been sent; waiting for {self._primary.name} to resolve that")
        match self._primary.find(mail.message_id):
            case Found(provider_id=provider_id):
                return AlreadyAccepted(provider_id=provider_id)
            case Absent() if ambiguous_seconds >= _PROVEN_SECONDS:
                return self._send_by_secondary(mail)
            case Absent():
                return waits
            case _ if self._breaker.try_probe():
                outcome = self._primary.send(mail)
                self._note(outcome)
                # A pause would hold up those that can leave by the secondary
                return NotSent(reason=outcome.reason) if isinstance(outcome, TransportPaused) else outcome
            case _:
                return waits

    def _send_by_secondary(self, mail: Mail) -> Outcome:
        if not self._is_on:
            self._is_on = True
            self._gauge.set(1)
            logger.warning("primary transport failing, failover on", extra=self._names)
        outcome = self._secondary.send(mail)
        self._note_ambiguous(mail.message_id, outcome)
        match outcome:
            case MessageRefused(reason=reason):  # the primary may accept it
                waits = f"{reason}; waiting for {self._primary.name}"
                return NotSent(reason=waits, try_within_seconds=PROBE_SECONDS, is_counted=False)
            case TransportPaused() as paused:
                return replace(paused, reason=f"{paused.reason}; and {self._primary.name}: {self._trouble}")
            case _:
                return outcome

    def _note_ambiguous(self, message_id: str, outcome: Outcome) -> None:
        """Note how often the secondary left a mail ambiguous, as far as there is room."""
        with self._lock:
            times = self._ambiguous_by_secondary.pop(message_id, 0)
            if isinstance(outcome, Ambiguous) and len(self._ambiguous_by_secondary) < _MOST_AMBIGUOUS:
                self._ambiguous_by_secondary[message_id] = times + 1

    def _may_be_repeated(self, message_id: str) -> bool:
        """Return whether a mail may have been sent by the secondary, and once only."""
        with self._lock:
            return self._ambiguous_by_secondary.get(message_id) == 1

    def _note(self, outcome: Outcome | AlreadyAccepted) -> None:
        self._breaker.note(outcome)
        if isinstance(outcome, NotSent | TransportPaused | Ambiguous):
            self._trouble = outcome.reason
        if self._is_on and not self._breaker.is_open():
            self._is_on = False
            self._gauge.set(0)
            logger.info("primary transport recovered, failover off", extra=self._names)

    def _until_open(self, outcome: NotSent | TransportPaused) -> NotSent | TransportPaused:
        """Return *outcome* with a wait that ends when the secondary may be used."""
        left_seconds = self._breaker.seconds_until_open()
        if isinstance(outcome, NotSent):
            return replace(outcome, try_within_seconds=left_seconds)
        asked = PROBE_SECONDS if outcome.for_seconds is None else outcome.for_seconds
        return replace(outcome, for_seconds=min(asked, left_seconds))

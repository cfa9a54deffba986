"""Two ways of sending: the second while the first has been in trouble for long."""

import logging
from dataclasses import replace

from alertbridge.delivery.doubt import Absent, Found
from alertbridge.delivery.mailer import LanePaused, Mailer, NotSent, Outcome, TakenBefore
from alertbridge.delivery.one_lane import OneLane
from alertbridge.delivery.trouble import PROBE_SECONDS, Trouble
from alertbridge.mail.mail import Mail
from alertbridge.metrics import Instruments
from marax.clock import Clock

# "Event Polling" in Mailgun's user manual: of half an hour ago, all events are there
_PROVEN_SECONDS = 1800.0

logger = logging.getLogger("lanes")


class TwoLanes:
    """Sends by *first*; once its *trouble* is lasting, by *second* what has surely not been sent.

    A mail in doubt stays with the first, unless the first proves not to have it. Now and then a mail tries
    the first all the same; one that it takes ends the use of the second. Threads may share it.
    """

    def __init__(
        self, first: OneLane, second: Mailer, trouble: Trouble, clock: Clock, instruments: Instruments
    ) -> None:
        self._first = first
        self._second = second
        self._trouble = trouble
        self._clock = clock
        self._is_second_in_use = False
        self._gauge = instruments.second_lane_in_use
        self._gauge.set(0)

    def send(self, mail: Mail) -> Outcome:
        if self._trouble.is_lasting() and not self._trouble.take_probe():
            return self._by_second(mail)
        outcome = self._first.send(mail)
        self._note(outcome)
        if not isinstance(outcome, NotSent | LanePaused):
            return outcome
        return self._by_second(mail) if self._trouble.is_lasting() else self._until_lasting(outcome)

    def send_again(self, mail: Mail, *, doubt_unix_seconds: float) -> Outcome | TakenBefore:
        if self._trouble.is_lasting():
            return self._send_again_in_trouble(mail, self._clock.unix_seconds() - doubt_unix_seconds)
        outcome = self._first.send_again(mail, doubt_unix_seconds=doubt_unix_seconds)
        self._note(outcome)
        return self._until_lasting(outcome) if isinstance(outcome, LanePaused) else outcome

    def _send_again_in_trouble(self, mail: Mail, doubt_seconds: float) -> Outcome | TakenBefore:
        match self._first.find(mail.message_id):
            case Found(provider_id=provider_id):
                return TakenBefore(provider_id=provider_id)
            case Absent() if doubt_seconds >= _PROVEN_SECONDS:
                return self._by_second(mail)
            case Absent():
                return NotSent(reason="it may have been sent; until that is disproved it waits for Mailgun")
            case _ if self._trouble.take_probe():
                outcome = self._first.send(mail)
                self._note(outcome)
                # A pause would hold up those that can leave by the second lane
                return NotSent(reason=outcome.reason) if isinstance(outcome, LanePaused) else outcome
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

    def _until_lasting(self, outcome: NotSent | LanePaused) -> NotSent | LanePaused:
        """Return *outcome* with a wait that ends when the second lane may be used."""
        left_seconds = self._trouble.seconds_until_lasting()
        if isinstance(outcome, NotSent):
            return replace(outcome, try_within_seconds=left_seconds)
        asked = PROBE_SECONDS if outcome.for_seconds is None else outcome.for_seconds
        return replace(outcome, for_seconds=min(asked, left_seconds))

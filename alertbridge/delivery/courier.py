"""The courier's loop: claim a due notice, compose its mail, send it, settle it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from alertbridge.delivery.composed_mail import ComposedMail, Composer, NotYet
from alertbridge.delivery.mailer import (
    Accepted,
    AlreadyAccepted,
    Ambiguous,
    Dispatch,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
    word_for,
)
from alertbridge.delivery.retry import Backoff, ClockWatch
from alertbridge.delivery.unreachable import RecipientReports
from alertbridge.delivery.wakeup import Wakeup
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.claim import Claim
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.notices import Notices
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

_STORE_RETRY_SECONDS = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfig:
    """What the courier takes from the settings in force; replaced as a whole on a reload."""

    routing: Routing
    composer: Composer
    mailer: Dispatch


class CourierConfig(Protocol):
    """What the settings in force give the courier."""

    @property
    def delivery(self) -> DeliveryConfig: ...


class Courier:
    """Sends what is due, critical first, one notice a turn; several threads may run it."""

    def __init__(  # noqa: PLR0913 - the seams of the loop
        self,
        *,
        notices: Notices,
        live: CourierConfig,
        wakeup: Wakeup,
        reports: RecipientReports,
        backoff: Backoff,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._notices = notices
        self._live = live
        self._reports = reports
        self._backoff = backoff
        self._clock = clock
        self._clock_watch = ClockWatch(clock)
        self._metrics = metrics
        self._wakeup = wakeup
        self._is_stopping = threading.Event()
        self._is_unreachable = False

    def run(self) -> None:
        """Take turns until `stop`; an unexpected error costs the turn, never the loop."""
        while not self._is_stopping.is_set():
            try:
                was_busy = self.turn()
            except StoreError as error:
                logger.warning("cannot use the database, retrying", extra={"reason": str(error)})
                self._is_stopping.wait(_STORE_RETRY_SECONDS)
                continue
            except Exception:
                logger.exception("unexpected error while sending")
                self._metrics.courier_errors.inc()
                self._is_stopping.wait(_STORE_RETRY_SECONDS)
                continue
            if not was_busy:
                self._wakeup.wait()

    def stop(self) -> None:
        """Let every `run` return after its turn."""
        self._is_stopping.set()
        self._wakeup.close()

    def turn(self) -> bool:
        """Send the next due notice; return whether there was one.

        Raises:
            StoreError: The outbox cannot be read or written.
        """
        self._clock_watch.follow(self._notices.shift_schedule)
        delivery = self._live.delivery
        claim = self._notices.claim(delivery.routing, self._clock.unix_seconds())
        if claim is None:
            return False
        self._wakeup.notify()  # where there is one, there may be more
        try:
            composed = delivery.composer.compose(claim, delivery.routing)
        except Exception:
            logger.exception("could not render notification", extra={"notice": claim.notice_id})
            self._metrics.courier_errors.inc()
            self._defer(claim, "unknown", NotSent(reason="the mail could not be rendered"))
            return True
        if isinstance(composed, NotYet):
            self._wait(claim, composed.reason)
        else:
            self._send_and_settle(delivery, composed)
        return True

    def _wait(self, claim: Claim, reason: str) -> None:
        if claim.waiting_since_unix_seconds is None:
            logger.info("notice waits", extra={"notice": claim.notice_id, "reason": reason})
        self._keep_trying(lambda: self._notices.wait(claim, reason, self._clock.unix_seconds()))

    def _send_and_settle(self, delivery: DeliveryConfig, composed: ComposedMail) -> None:
        claim, now = composed.claim, self._clock.unix_seconds()
        self._keep_trying(lambda: self._notices.start_sending(claim, delivery.routing, now))
        outcome = self._send(delivery.mailer, composed, claim)
        self._metrics.send_attempts.labels(outcome=word_for(outcome)).inc()
        self._keep_trying(lambda: self._settle(claim, composed, outcome))

    def _send(self, mailer: Dispatch, composed: ComposedMail, claim: Claim) -> Outcome | AlreadyAccepted:
        try:
            if claim.ambiguous_since_unix_seconds is None:
                return mailer.send(composed.mail)
            return mailer.send_again(
                composed.mail, ambiguous_since_unix_seconds=claim.ambiguous_since_unix_seconds
            )
        except Exception as error:
            logger.exception("unexpected error in a mailer")
            self._metrics.courier_errors.inc()
            return Ambiguous(reason=f"the mailer failed unexpectedly ({type(error).__name__})")

    def _settle(self, claim: Claim, composed: ComposedMail, outcome: Outcome | AlreadyAccepted) -> None:
        match outcome:
            case Accepted(provider_id=provider_id) | AlreadyAccepted(provider_id=provider_id):
                self._settle_accepted(claim, composed, provider_id)
                if claim.is_ambiguous:
                    resolved_by = "resent" if isinstance(outcome, Accepted) else "lookup"
                    self._metrics.ambiguous.labels(resolved_by=resolved_by).inc()
            case NotSent() | Ambiguous():
                is_unreachable = isinstance(outcome, NotSent) and outcome.is_counted
                self._is_unreachable = self._is_unreachable or is_unreachable
                self._defer(claim, composed.kind, outcome)
            case TransportPaused(reason=reason, for_seconds=asked):
                until = self._clock.unix_seconds() + self._backoff.pause_seconds(asked)
                self._notices.pause(claim, until, reason)
                logger.warning("sending is paused", extra={"reason": reason, "until": round(until)})
            case RecipientRefused(reason=reason) | MessageRefused(reason=reason):
                self._give_up(claim, composed.kind, reason)
            case _:
                assert_never(outcome)

    def _settle_accepted(self, claim: Claim, composed: ComposedMail, provider_id: str) -> None:
        now = self._clock.unix_seconds()
        self._notices.accept(claim, provider_id, now, last_answered=composed.last_answered)
        if self._is_unreachable:  # no longer: the others need not sit out their waits
            self._notices.retry_now(now)
            self._is_unreachable = False
        self._reports.note_accepted(claim.user_name)
        self._metrics.mails.labels(kind=composed.kind, result="accepted").inc()
        self._metrics.accept_to_send_seconds.observe(max(0.0, now - claim.created_unix_seconds))
        logger.info(
            "mail accepted by provider",
            extra={
                "user": claim.user_name,
                "subject": composed.mail.subject,
                "incident": claim.incident_id,
                "attempts": claim.attempts,
                "provider_id": provider_id,
            },
        )

    def _defer(self, claim: Claim, kind: str, outcome: NotSent | Ambiguous) -> None:
        now = self._clock.unix_seconds()
        is_counted = isinstance(outcome, Ambiguous) or outcome.is_counted
        if is_counted and now - claim.created_unix_seconds > self._backoff.max_age_seconds:
            self._give_up(claim, kind, f"expired; last error: {outcome.reason}")
            return
        if isinstance(outcome, Ambiguous):
            wait_seconds = self._backoff.ambiguous_wait_seconds(claim.attempts)
            until = now + wait_seconds
            self._notices.defer_ambiguous(claim, until, outcome.reason, now_unix_seconds=now)
        else:
            wait_seconds = self._backoff.wait_after(outcome, claim.attempts)
            self._notices.defer(claim, now + wait_seconds, outcome.reason, is_counted=is_counted)
        logger.warning(
            "delivery deferred",
            extra={
                "user": claim.user_name,
                "incident": claim.incident_id,
                "attempts": claim.attempts,
                "wait_seconds": round(wait_seconds, 1),
                "reason": outcome.reason,
            },
        )

    def _give_up(self, claim: Claim, kind: str, reason: str) -> None:
        self._notices.give_up(claim, reason, self._clock.unix_seconds())
        self._reports.note_refused(claim.user_name, reason)
        self._metrics.mails.labels(kind=kind, result="dead").inc()
        logger.error(
            "delivery failed permanently",
            extra={"user": claim.user_name, "incident": claim.incident_id, "reason": reason},
        )

    def _keep_trying(self, settle: Callable[[], None]) -> None:
        """Store what becomes of a claimed notice, once the database lets: else it would be sent again."""
        while True:
            try:
                return settle()
            except StoreError as error:
                logger.warning(
                    "cannot record what became of a notice, retrying", extra={"reason": str(error)}
                )
                if self._is_stopping.wait(_STORE_RETRY_SECONDS):
                    raise

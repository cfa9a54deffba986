"""Proving ends: what is said to have ended stays open until Prometheus, or the heartbeat, confirms it."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, assert_never

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.proof import (
    Ended,
    Heartbeat,
    Held,
    Judgement,
    Unwatched,
    judge,
    judge_by_heartbeat,
)
from alertbridge.background.witness_config import WitnessConfig
from alertbridge.outbox.end_claims import HeldClaim, Key
from marax.clock import Clock

_SOONEST_SECONDS = 1.0
_LATEST_SECONDS = 10.0
_ASKED_AT_ONCE = 100
# Prometheus' first scrapes and evaluations after a restart take as long; what is missing then is not gone
_SETTLED_SECONDS = 60.0

logger = logging.getLogger(__name__)


class ClaimStore(Protocol):
    """Where claims are kept; StoreError when it cannot be read or written."""

    def claimed(self) -> Mapping[Key, float]:
        """Return since when each end is claimed that is not proven, oldest first."""
        ...

    def held(self, keys: Collection[Key]) -> Sequence[HeldClaim]:
        """Return these claims; those that are gone are left out."""
        ...

    def note(self, reasons: Mapping[Key, str]) -> None:
        """Keep why claims are held."""
        ...


class EndProver:
    """Looks at claimed ends, and lets those that are proven *close* their episodes.

    Args:
        claims: Where they are kept.
        live: What the settings in force say.
        evaluated: Returns Prometheus' newest evaluation by the heartbeat, as Unix time; 0 before the first.
        resumed: Returns when the machine was last resumed after it had stood still; 0 if it never was. What
            Prometheus evaluated before that proves nothing.
        close: Takes proven ends in, unless their claims have been withdrawn meanwhile.
        clock: For how long to wait before asking again.
    """

    def __init__(  # noqa: PLR0913 - all that an end is held against
        self,
        *,
        claims: ClaimStore,
        live: WitnessConfig,
        evaluated: Callable[[], float],
        resumed: Callable[[], float],
        close: Callable[[Sequence[Alert]], object],
        clock: Clock,
    ) -> None:
        self._claims = claims
        self._live = live
        self._evaluated = evaluated
        self._resumed = resumed
        self._close = close
        self._clock = clock
        self._ask_at_seconds: dict[Key, float] = {}
        self._unsettled_since: dict[Key, float] = {}

    def run(self) -> bool:
        """Judge the claims whose turn it is; return whether there are more of them.

        Raises:
            StoreError: The claims cannot be read, or what came of them not be stored.
        """
        claimed = self._claims.claimed()
        now = self._clock.monotonic_seconds()
        self._ask_at_seconds = {key: self._ask_at_seconds.get(key, now) for key in claimed}
        self._unsettled_since = {key: at for key, at in self._unsettled_since.items() if key in claimed}
        due = sorted((at, key) for key, at in self._ask_at_seconds.items() if at <= now)
        at_once = len(due) if self._live.witness is None else _ASKED_AT_ONCE
        keys = [key for _, key in due[:at_once]]
        for key in keys:
            self._ask_at_seconds[key] = now + self._pause_seconds(claimed[key])
        if keys:
            self._judge_all(self._claims.held(keys))
        return len(due) > len(keys)

    def _pause_seconds(self, claimed_unix_seconds: float) -> float:
        """Return how long to wait before asking again: half of the claim's age, within bounds.

        Each group of rules is evaluated at a moment of its own, so the proof is often there seconds later.
        """
        half = (self._clock.unix_seconds() - claimed_unix_seconds) / 2
        return min(max(half, _SOONEST_SECONDS), _LATEST_SECONDS)

    def _judge_all(self, held: Sequence[HeldClaim]) -> None:
        judged = [(one, self._settled(one, judgement)) for one, judgement in self._judgements(held)]
        reasons = {
            one.key: judgement.reason
            for one, judgement in judged
            if isinstance(judgement, Held) and judgement.reason != one.reason
        }
        if reasons:
            self._claims.note(reasons)
            logger.info("ends held", extra={"episodes": len(reasons), "reason": next(iter(reasons.values()))})
        proven = [end for one, judgement in judged for end in _ends(one, judgement)]
        if proven:
            self._close(proven)

    def _judgements(self, held: Sequence[HeldClaim]) -> Iterable[tuple[HeldClaim, Judgement]]:
        heartbeat, resumed = Heartbeat(evaluated_unix_seconds=self._evaluated()), self._resumed()
        witness = self._live.witness
        if witness is None:
            return [(one, judge_by_heartbeat(one.claim, heartbeat, resumed)) for one in held]
        of_target = {one.key for one in held if self._live.routing.is_of_target(one.claim.episode.alert)}
        instances = {one.claim.episode.alert.labels["instance"] for one in held if one.key in of_target}
        name = self._live.heartbeat.alertname if heartbeat.evaluated_unix_seconds else None
        found = witness.testify(instances, name)
        believe = partial(judge, found=found, heartbeat=heartbeat, believed_from_unix_seconds=resumed)
        return [(one, believe(one.claim, is_of_target=one.key in of_target)) for one in held]

    def _settled(self, held: HeldClaim, judgement: Judgement) -> Judgement:
        """Return *judgement*, or that it has to last: of a target that is gone, or an end without a scrape.

        An end that is proven within a minute was seen by a Prometheus that evaluated all the time.
        """
        now, age = self._clock.monotonic_seconds(), self._clock.unix_seconds() - held.claimed_unix_seconds
        is_plain = isinstance(judgement, Ended) and (judgement.is_by_scrape or age < _SETTLED_SECONDS)
        if isinstance(judgement, Held) or is_plain:
            self._unsettled_since.pop(held.key, None)
            return judgement
        if now - self._unsettled_since.setdefault(held.key, now) < _SETTLED_SECONDS:
            return Held(reason="no longer active in Prometheus; waiting a minute to be sure")
        return judgement


def _ends(held: HeldClaim, judgement: Judgement) -> Iterable[Alert]:
    """Yield the end that *judgement* proves, if it does."""
    alert = replace(
        held.claim.episode.alert, is_firing=False, is_end_reconciled=held.claim.is_reconciled, is_proven=True
    )
    match judgement:
        case Ended(ended_unix_seconds=ended):
            yield replace(alert, ends_unix_seconds=max(ended, alert.starts_unix_seconds))
        case Unwatched(watched_as=watched_as):
            ends = max(held.claim.ends_unix_seconds, alert.starts_unix_seconds)
            yield replace(alert, ends_unix_seconds=ends, is_unwatched=True, watched_as=watched_as)
        case Held():
            return
        case _:
            assert_never(judgement)

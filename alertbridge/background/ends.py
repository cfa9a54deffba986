"""Proving ends: what is said to have ended stays open until Prometheus, or the heartbeat, confirms it."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, assert_never

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Claimed
from alertbridge.alerts.proof import Ended, Evidence, Held, Judgement, NoEvidence, Unwatched, judge
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.outbox.end_claims import HeldClaim, Key
from alertbridge.prometheus.evidence import Witness
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

_SOONEST_SECONDS = 1.0
_LATEST_SECONDS = 10.0
_UNWATCHED_FOR_SECONDS = 60.0  # Prometheus may have started just now, or its targets be half written

logger = logging.getLogger(__name__)


class ClaimStore(Protocol):
    """Where claims are kept; StoreError when it cannot be read or written."""

    def held(self) -> Sequence[HeldClaim]:
        """Return all that are not proven, oldest first."""
        ...

    def note(self, reasons: Mapping[Key, str]) -> None:
        """Keep why claims are held."""
        ...


class EndConfig(Protocol):
    """What the settings in force say, and who can be asked; None without Prometheus."""

    @property
    def routing(self) -> Routing: ...

    @property
    def heartbeat(self) -> HeartbeatSettings: ...

    @property
    def witness(self) -> Witness | None: ...


class EndProver:
    """Looks at claimed ends, and lets those that are proven *close* their episodes.

    Args:
        claims: Where they are kept.
        live: What the settings in force say.
        evaluated: Returns Prometheus' newest evaluation by the heartbeat, as Unix time; 0 before the first.
        close: Takes proven ends in.
        clock: For how long to wait before asking again.
    """

    def __init__(
        self,
        *,
        claims: ClaimStore,
        live: EndConfig,
        evaluated: Callable[[], float],
        close: Callable[[Sequence[Alert]], object],
        clock: Clock,
    ) -> None:
        self._claims = claims
        self._live = live
        self._evaluated = evaluated
        self._close = close
        self._clock = clock
        self._asked: frozenset[Key] = frozenset()
        self._ask_again_seconds = 0.0
        self._unwatched_since: dict[Key, float] = {}

    def run(self) -> None:
        """Judge what is held, when something is new or it was last looked at a while ago.

        Raises:
            StoreError: The claims cannot be read, or what came of them not be stored.
        """
        held = self._claims.held()
        keys = frozenset(one.key for one in held)
        now = self._clock.monotonic_seconds()
        if keys <= self._asked and now < self._ask_again_seconds:
            self._asked = keys
            return
        self._asked, self._ask_again_seconds = keys, now + self._pause_seconds(held)
        if held:
            self._judge_all(held)

    def _pause_seconds(self, held: Sequence[HeldClaim]) -> float:
        """Return how long to wait before asking again: half of the newest claim's age, within bounds.

        Each group of rules is evaluated at a moment of its own, so the proof is often there seconds later.
        """
        newest = max((one.claimed_unix_seconds for one in held), default=0.0)
        half = (self._clock.unix_seconds() - newest) / 2
        return min(max(half, _SOONEST_SECONDS), _LATEST_SECONDS)

    def _judge_all(self, held: Sequence[HeldClaim]) -> None:
        evidence = self._evidence(one.claim for one in held)
        judged = [(one, self._judgement(one, evidence)) for one in held]
        self._unwatched_since = {
            key: since for key, since in self._unwatched_since.items() if key in self._asked
        }
        proven = [end for one, judgement in judged for end in _ends(one, judgement)]
        reasons = {
            one.key: judgement.reason
            for one, judgement in judged
            if isinstance(judgement, Held) and judgement.reason != one.reason
        }
        if reasons:
            self._claims.note(reasons)
            logger.info("ends held", extra={"episodes": len(reasons), "reason": next(iter(reasons.values()))})
        if proven:
            self._close(proven)

    def _evidence(self, claims: Iterable[Claimed]) -> Evidence | NoEvidence:
        witness = self._live.witness
        if witness is not None:
            alerts = [claim.episode.alert.labels for claim in claims]
            return witness.testify(alerts, self._live.heartbeat.alertname)
        return Evidence(evaluated_unix_seconds=self._evaluated(), targets=None)

    def _judgement(self, held: HeldClaim, evidence: Evidence | NoEvidence) -> Judgement:
        """Return what becomes of *held*; a target that is gone has to stay gone for a while."""
        key, alert = held.key, held.claim.episode.alert
        judgement = judge(held.claim, evidence, means_down=self._live.routing.means_down(alert))
        if not isinstance(judgement, Unwatched):
            self._unwatched_since.pop(key, None)
            return judgement
        now = self._clock.monotonic_seconds()
        if now - self._unwatched_since.setdefault(key, now) < _UNWATCHED_FOR_SECONDS:
            return Held(reason="Prometheus has no such target at present")
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

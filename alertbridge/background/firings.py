"""Settling disputed firings: Prometheus knows whether one is another, the same, or proves an end wrong."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol, assert_never

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.disputes import (
    Another,
    Decision,
    GoesOn,
    Past,
    Same,
    Undecided,
    decide_ended,
    decide_open,
)
from alertbridge.alerts.episodes import Disputed
from alertbridge.alerts.proof import NoEvidence
from alertbridge.background.witness_config import WitnessConfig
from alertbridge.outbox.disputes import OpenDispute
from alertbridge.prometheus.past import PastAlerts, Question
from marax.clock import Clock

_AT_ONCE = 2000
# A mail about a host that is down waits for 3 s at most: a question takes 2 s, and half a second to be put
_LAST_QUESTION_SECONDS = 0.5
_LONGEST_DISPUTE_SECONDS = 3600.0  # by then, what goes on has been found otherwise


class DisputeStore(Protocol):
    """Where disputed firings are kept; StoreError when it cannot be read or written."""

    def of_open_episodes(self, limit: int) -> Sequence[OpenDispute]:
        """Return firings that began after the episode that is open, oldest first."""
        ...

    def of_ended_episodes(self, limit: int) -> Sequence[OpenDispute]:
        """Return firings that began before the end of their episode, oldest first."""
        ...

    def settle_as_repeats(self, disputed: Collection[Disputed]) -> None:
        """Forget these: each is a repeat of its episode."""
        ...


class FiringConfig(WitnessConfig, Protocol):
    """Who knows the past besides; None without Prometheus."""

    @property
    def past(self) -> PastAlerts | None: ...


class FiringJudge:
    """Settles disputed firings.

    Args:
        disputes: Where they are kept.
        live: What the settings in force say.
        settle: Takes in what they were found to be, unless that has been settled meanwhile.
        clock: For how long one has waited.
    """

    def __init__(
        self,
        *,
        disputes: DisputeStore,
        live: FiringConfig,
        settle: Callable[[Sequence[Alert]], object],
        clock: Clock,
    ) -> None:
        self._disputes = disputes
        self._live = live
        self._settle = settle
        self._clock = clock

    def settle_starts(self) -> None:
        """Settle firings that began after the episode that is open: mails wait for it.

        Raises:
            StoreError: They cannot be read, or what came of them not be stored.
        """
        found = self._disputes.of_open_episodes(_AT_ONCE)
        if found:
            pasts = self._pasts([one.disputed for one in found])
            self._store(self._decided(one, past) for one, past in zip(found, pasts, strict=True))

    def settle_repeats(self) -> None:
        """Settle firings that began before the end of their episode.

        Raises:
            StoreError: They cannot be read, or what came of them not be stored.
        """
        found = self._disputes.of_ended_episodes(_AT_ONCE)
        if not found:
            return
        witness = self._live.witness
        instances = {
            one.disputed.alert.labels["instance"]
            for one in found
            if self._live.routing.is_of_target(one.disputed.alert)
        }
        evidence = () if witness is None else witness.testify(instances, None)
        decided = []
        for one in found:
            is_of_target = self._live.routing.is_of_target(one.disputed.alert)
            received = one.received_unix_seconds
            decision = decide_ended(one.disputed, evidence, received, is_of_target=is_of_target)
            if isinstance(decision, Undecided) and not self._waited(one, less_than=_LONGEST_DISPUTE_SECONDS):
                decision = Same()
            decided.append((one.disputed, decision))
        self._store(decided)

    def _pasts(self, disputed: Sequence[Disputed]) -> Sequence[Past | NoEvidence | None]:
        past = self._live.past
        if past is None:
            return [None] * len(disputed)
        asked = [
            Question(
                labels=one.alert.labels,
                is_of_target=self._live.routing.is_of_target(one.alert),
                since_unix_seconds=one.episode.newest_start_unix_seconds,
                until_unix_seconds=one.alert.starts_unix_seconds,
            )
            for one in disputed
        ]
        return past.between(asked, self._live.heartbeat.alertname)

    def _decided(self, one: OpenDispute, past: Past | NoEvidence | None) -> tuple[Disputed, Decision]:
        is_of_target = self._live.routing.is_of_target(one.disputed.alert)
        decision = decide_open(one.disputed, past, is_of_target=is_of_target)
        if isinstance(decision, Undecided) and not self._waited(one, less_than=_LAST_QUESTION_SECONDS):
            decision = Another()
        return one.disputed, decision

    def _waited(self, one: OpenDispute, *, less_than: float) -> bool:
        return 0 <= self._clock.unix_seconds() - one.received_unix_seconds < less_than

    def _store(self, decided: Iterable[tuple[Disputed, Decision]]) -> None:
        decided = list(decided)
        firings = [alert for disputed, decision in decided for alert in _alerts(disputed, decision)]
        if firings:
            self._settle(firings)
        repeats = [disputed for disputed, decision in decided if isinstance(decision, Same)]
        if repeats:
            self._disputes.settle_as_repeats(repeats)


def _alerts(disputed: Disputed, decision: Decision) -> Iterable[Alert]:
    """Yield what to take in for that *decision*: the end of the one before, and the firing."""
    match decision:
        case Another(ended_unix_seconds=ended):
            if ended is not None:
                before = disputed.episode.alert
                yield replace(before, is_firing=False, ends_unix_seconds=ended, is_proven=True)
            yield replace(disputed.alert, is_proven=True)
        case GoesOn():
            yield replace(disputed.alert, is_proven=True)
        case Same() | Undecided():
            return
        case _:
            assert_never(decision)

"""Settling disputed firings: Prometheus knows whether one is another, the same, or proves an end wrong."""

import logging
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
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.outbox.disputes import OpenDispute
from alertbridge.prometheus.evidence import Witness
from alertbridge.prometheus.past import PastAlerts, Question
from alertbridge.routing.recipients import Routing
from marax.clock import Clock

_AT_ONCE = 100
_ASK_AGAIN_SECONDS = 10.0
_LONGEST_WAIT_SECONDS = 3.0  # then it is another: a mail about a host that is down waits no longer

logger = logging.getLogger(__name__)


class DisputeStore(Protocol):
    """Where disputed firings are kept; StoreError when it cannot be read or written."""

    def of_open_episodes(self, limit: int) -> Sequence[OpenDispute]:
        """Return firings that began after the episode that is open, oldest first."""
        ...

    def of_ended_episodes(self, limit: int) -> Sequence[OpenDispute]:
        """Return firings that began before the end of their episode, oldest first."""
        ...

    def drop(self, alert_ids: Collection[str]) -> None:
        """Forget those of these alerts."""
        ...


class FiringConfig(Protocol):
    """What the settings in force say, and who can be asked; None without Prometheus."""

    @property
    def routing(self) -> Routing: ...

    @property
    def heartbeat(self) -> HeartbeatSettings: ...

    @property
    def witness(self) -> Witness | None: ...

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
        self._ask_at_seconds = 0.0

    def run(self) -> None:
        """Settle what can be settled.

        Raises:
            StoreError: The disputes cannot be read, or what came of them not be stored.
        """
        decided = [*self._decide_open(self._disputes.of_open_episodes(_AT_ONCE))]
        now = self._clock.monotonic_seconds()
        if now >= self._ask_at_seconds:
            of_ended = [*self._decide_ended(self._disputes.of_ended_episodes(_AT_ONCE))]
            is_refused = any(isinstance(decision, Undecided) for _, decision in of_ended)
            self._ask_at_seconds = now + (_ASK_AGAIN_SECONDS if is_refused else 0.0)
            decided += of_ended
        firings = [alert for disputed, decision in decided for alert in _alerts(disputed, decision)]
        if firings:
            self._settle(firings)
        repeats = [one.alert.alert_id for one, decision in decided if isinstance(decision, Same)]
        if repeats:
            self._disputes.drop(repeats)

    def _decide_open(self, found: Sequence[OpenDispute]) -> Iterable[tuple[Disputed, Decision]]:
        disputed = [one.disputed for one in found]
        pasts = self._pasts(disputed)
        for one, past in zip(found, pasts, strict=True):
            decision = decide_open(past, means_down=self._live.routing.means_down(one.disputed.alert))
            waited = self._clock.unix_seconds() - one.received_unix_seconds
            if isinstance(decision, Undecided) and not 0 <= waited < _LONGEST_WAIT_SECONDS:
                decision = Another()
            yield one.disputed, decision

    def _pasts(self, disputed: Sequence[Disputed]) -> Sequence[Past | NoEvidence | None]:
        past = self._live.past
        if past is None or not disputed:
            return [None] * len(disputed)
        asked = [
            Question(
                labels=one.alert.labels,
                means_down=self._live.routing.means_down(one.alert),
                since_unix_seconds=one.episode.alert.starts_unix_seconds,
                until_unix_seconds=one.alert.starts_unix_seconds,
            )
            for one in disputed
        ]
        return past.between(asked, self._live.heartbeat.alertname)

    def _decide_ended(self, found: Sequence[OpenDispute]) -> Iterable[tuple[Disputed, Decision]]:
        if not found:
            return
        witness, means_down = self._live.witness, self._live.routing.means_down
        instances = {
            one.disputed.alert.labels.get("instance", "") for one in found if means_down(one.disputed.alert)
        }
        evidence = () if witness is None else witness.testify(instances - {""}, None)
        now = self._clock.unix_seconds()
        for one in found:
            is_down_alert = means_down(one.disputed.alert)
            yield one.disputed, decide_ended(one.disputed, evidence, now, means_down=is_down_alert)


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

"""Ends that Alertmanager never sends: an alert that is silenced, inhibited or muted when it ends has none.

Prometheus knows better. Where it evaluates our rules (the heartbeat fires there), has held the alert within
the last day, and has not for minutes, its end is claimed; it is proven as any other is. So is that of a host
which it scrapes, however long ago: the bridge's machine may have been off for longer than a day.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.internal import is_internal
from alertbridge.alerts.proof import Evidence, active_since, knows
from alertbridge.background.witness_config import WitnessConfig
from marax.clock import Clock

_GRACE_SECONDS = 300.0

logger = logging.getLogger(__name__)


class Reconciliation:
    """Finds open episodes whose alert has ended, and lets *receive* have their end, as if from Alertmanager.

    Args:
        open_episodes: Returns all that are open.
        live: What the settings in force say.
        receive: Takes the ends in.
        clock: For how long something has been absent.
    """

    def __init__(
        self,
        *,
        open_episodes: Callable[[], Sequence[Episode]],
        live: WitnessConfig,
        receive: Callable[[Sequence[Alert]], object],
        clock: Clock,
    ) -> None:
        self._open_episodes = open_episodes
        self._live = live
        self._receive = receive
        self._clock = clock
        self._absent_since: dict[tuple[str, int], float] = {}

    def check(self) -> None:
        """Claim the end of each episode whose alert has been absent from Prometheus for five minutes.

        Raises:
            StoreError: The episodes could not be read, or their end not be stored.
        """
        witness, now = self._live.witness, self._clock.unix_seconds()
        if witness is None:
            return
        episodes = [
            one
            for one in self._open_episodes()
            if not is_internal(one.alert) and now - one.opened_unix_seconds >= _GRACE_SECONDS
        ]
        found = witness.testify((), self._live.heartbeat.alertname) if episodes else ()
        evidence = [one for one in found if isinstance(one, Evidence)]
        absent = {
            _key(one): one
            for one in episodes
            if _is_absent(one, evidence, is_of_target=self._live.routing.is_of_target(one.alert))
        }
        self._absent_since = {key: self._absent_since.get(key, now) for key in absent}
        ended = [one for key, one in absent.items() if now - self._absent_since[key] >= _GRACE_SECONDS]
        if ended:
            logger.info("resolved alerts found in Prometheus", extra={"episodes": len(ended)})
            self._receive([_end_of(one, self._since(one)) for one in ended])

    def _since(self, episode: Episode) -> float:
        return max(self._absent_since[_key(episode)], episode.alert.starts_unix_seconds)


def _is_absent(episode: Episode, evidence: Sequence[Evidence], *, is_of_target: bool) -> bool:
    """Return whether one of those that know an alert could hold it active, and none does."""
    labels = episode.alert.labels
    is_known = any(knows(labels, one, is_of_target=is_of_target) for one in evidence)
    return is_known and all(active_since(labels, one) is None for one in evidence)


def _end_of(episode: Episode, ended_unix_seconds: float) -> Alert:
    return replace(
        episode.alert, is_firing=False, ends_unix_seconds=ended_unix_seconds, is_end_reconciled=True
    )


def _key(episode: Episode) -> tuple[str, int]:
    return episode.alert_id, episode.number

"""Ends that Alertmanager never sends: an alert that is silenced, inhibited or muted when it ends has none.

Prometheus knows better, and is believed only where nothing else can be meant: it evaluates our rules now (the
heartbeat fires there), it held this very alert to be firing when the episode opened, and has not for minutes.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.internal import is_internal
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.firing import FiringAlerts
from marax.clock import Clock

_GRACE_SECONDS = 300.0

logger = logging.getLogger(__name__)


class ReconciliationConfig(Protocol):
    """What the settings in force say of the heartbeat, and who knows what fires; None when nobody does."""

    @property
    def heartbeat(self) -> HeartbeatSettings: ...

    @property
    def firing(self) -> FiringAlerts | None: ...


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
        live: ReconciliationConfig,
        receive: Callable[[Sequence[Alert]], object],
        clock: Clock,
    ) -> None:
        self._open_episodes = open_episodes
        self._live = live
        self._receive = receive
        self._clock = clock
        self._absent_since: dict[tuple[str, int], float] = {}

    def check(self) -> None:
        """Tell the end of each episode whose alert has been absent from Prometheus for five minutes.

        Raises:
            StoreError: The episodes could not be read, or their end not be stored.
        """
        firing = self._live.firing
        now = self._clock.unix_seconds()
        episodes = [
            one
            for one in self._open_episodes()
            if not is_internal(one.alert) and now - one.opened_unix_seconds >= _GRACE_SECONDS
        ]
        if firing is None or not episodes:
            return
        present = firing.at()
        if isinstance(present, NotKnown) or not self._has_heartbeat(present):
            self._absent_since.clear()
            return
        ended = [one for one in self._long_absent(episodes, present) if _fired_there(one, firing)]
        if ended:
            logger.info("resolved alerts found in Prometheus", extra={"episodes": len(ended)})
            self._receive([_end_of(one, self._since(one)) for one in ended])

    def _has_heartbeat(self, present: Iterable[Mapping[str, str]]) -> bool:
        return any(labels.get("alertname") == self._live.heartbeat.alertname for labels in present)

    def _long_absent(
        self, episodes: Iterable[Episode], present: Sequence[Mapping[str, str]]
    ) -> list[Episode]:
        now = self._clock.unix_seconds()
        absent = {_key(one): one for one in episodes if not _is_among(one, present)}
        self._absent_since = {key: self._absent_since.get(key, now) for key in absent}
        return [one for key, one in absent.items() if now - self._absent_since[key] >= _GRACE_SECONDS]

    def _since(self, episode: Episode) -> float:
        return max(self._absent_since[_key(episode)], episode.alert.starts_unix_seconds)


def _is_among(episode: Episode, firing: Iterable[Mapping[str, str]]) -> bool:
    return any(labels.items() <= episode.alert.labels.items() for labels in firing)


def _fired_there(episode: Episode, firing: FiringAlerts) -> bool:
    """Return whether the alert came from that Prometheus and not from another one."""
    then = firing.at(episode.opened_unix_seconds)
    return not isinstance(then, NotKnown) and _is_among(episode, then)


def _end_of(episode: Episode, ended_unix_seconds: float) -> Alert:
    return replace(
        episode.alert, is_firing=False, ends_unix_seconds=ended_unix_seconds, is_end_reconciled=True
    )


def _key(episode: Episode) -> tuple[str, int]:
    return episode.alert_id, episode.number

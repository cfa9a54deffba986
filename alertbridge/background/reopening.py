"""Ends that were wrong: an alert that Prometheus has held active since before its end goes on."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.disputes import goes_on
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.internal import is_internal
from alertbridge.alerts.proof import Evidence
from alertbridge.background.witness_config import WitnessConfig
from marax.clock import Clock

_LOOK_BACK_SECONDS = 86400.0

logger = logging.getLogger(__name__)


class EndedEpisodes(Protocol):
    """Knows the episodes that have ended; StoreError when they cannot be read."""

    def ended_since(self, unix_seconds: float, alertnames: Collection[str]) -> Sequence[Episode]:
        """Return the latest episode of each alert of these names, if it was closed since then."""
        ...


class Reopening:
    """Finds ended episodes that go on, and lets *receive* have their alert, as if from Alertmanager.

    Args:
        ended: Those that have ended.
        live: What the settings in force say.
        receive: Takes the firing alerts in, which are disputed then.
        clock: For how far to look back.
    """

    def __init__(
        self,
        *,
        ended: EndedEpisodes,
        live: WitnessConfig,
        receive: Callable[[Sequence[Alert]], object],
        clock: Clock,
    ) -> None:
        self._ended = ended
        self._live = live
        self._receive = receive
        self._clock = clock

    def check(self) -> None:
        """Look at what ended within the last day.

        Raises:
            StoreError: The episodes could not be read, or what came of them not be stored.
        """
        witness = self._live.witness
        found = () if witness is None else witness.testify((), None)
        known = [one for one in found if isinstance(one, Evidence) and one.active]
        if not known:
            return
        since = self._clock.unix_seconds() - _LOOK_BACK_SECONDS
        ended = self._ended.ended_since(since, {name for one in known for name in one.active})
        going_on = [
            episode
            for episode in ended
            if not is_internal(episode.alert)
            and any(goes_on(episode, one, is_of_target=False) for one in known)
        ]
        if going_on:
            logger.info("alerts active since before their end", extra={"episodes": len(going_on)})
            self._receive([replace(one.alert, is_firing=True, ends_unix_seconds=None) for one in going_on])

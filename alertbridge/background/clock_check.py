"""Comparing Prometheus' clock with the bridge's every so often."""

import logging
from collections.abc import Callable
from typing import Protocol

from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.clock_skew import ClockSkew, PrometheusClock, Skew

logger = logging.getLogger(__name__)


class ClockConfig(Protocol):
    """What the settings in force say: whose clock it is; None without Prometheus."""

    @property
    def prometheus_clock(self) -> PrometheusClock | None: ...


class ClockCheck:
    """Keeps *skew* up to date; where no Prometheus can be asked, by what heartbeats show.

    Args:
        skew: What is known of it.
        live: What the settings in force say.
        heartbeat_ahead: Returns how far a heartbeat's evaluation lay in the future as it came, in seconds;
            0 when none did.
    """

    def __init__(self, *, skew: ClockSkew, live: ClockConfig, heartbeat_ahead: Callable[[], float]) -> None:
        self._skew = skew
        self._live = live
        self._heartbeat_ahead = heartbeat_ahead
        self._was_fine = True

    def run(self) -> None:
        """Compare them; a change between agreeing and differing is logged."""
        found = self._find()
        if not isinstance(found, NotKnown):
            self._skew.note(found)
        words = self._skew.words()
        if words and self._was_fine:
            logger.warning("clocks differ", extra={"reason": words})
        if not words and not self._was_fine:
            logger.info("clocks no longer differ, or it is not known")
        self._was_fine = not words

    def _find(self) -> Skew | NotKnown | None:
        asked = self._live.prometheus_clock
        if asked is not None:
            return asked.skew()
        ahead = self._heartbeat_ahead()
        return Skew(seconds=ahead) if ahead else None

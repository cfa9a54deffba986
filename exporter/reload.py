"""Reloading the settings file, and the outcome of the last attempt."""

import logging
from collections.abc import Callable

from exporter.collectors.itself import ConfigReload
from exporter.config import ExporterSettings
from marax.clock import Clock
from marax.settings.reader import SettingsError

logger = logging.getLogger(__name__)


class Reloader:
    """Reloads the settings; an invalid file leaves those in force unchanged.

    Args:
        settings: Those that the program started with.
        read: Returns what the file says now, or raises SettingsError.
        take_up: Puts new settings into force.
        clock: Says when that was.
    """

    def __init__(
        self,
        settings: ExporterSettings,
        *,
        read: Callable[[], ExporterSettings],
        take_up: Callable[[ExporterSettings], None],
        clock: Clock,
    ) -> None:
        self._at_start = settings
        self._read = read
        self._take_up = take_up
        self._clock = clock
        self._last = ConfigReload(successful=True, taken_up_at_seconds=clock.unix_seconds())

    def last(self) -> ConfigReload:
        """Return how the last attempt went."""
        return self._last

    def reload(self) -> None:
        """Read the settings and put them into force, or say what is wrong with them."""
        try:
            settings = self._read()
        except SettingsError as error:
            self._refuse(error)
            return
        self._take_up(settings)
        for key in ("listen", "web_config_file", "state_dir"):
            if getattr(settings, key) != getattr(self._at_start, key):
                logger.warning("setting changed, restart required", extra={"key": key})
        self._last = ConfigReload(successful=True, taken_up_at_seconds=self._clock.unix_seconds())
        logger.info("settings loaded")

    def _refuse(self, error: SettingsError) -> None:
        for mistake in error.mistakes:
            logger.error("settings not loaded", extra={"mistake": str(mistake)})
        self._last = ConfigReload(successful=False, taken_up_at_seconds=self._last.taken_up_at_seconds)

"""Reloading settings while a program runs: invalid ones leave those in force unchanged."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from marax.clock import Clock
from marax.settings.mistakes import SettingsError

logger = logging.getLogger(__name__)

Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReload:
    """Whether the last reload succeeded, and when settings were last loaded (Unix time)."""

    is_successful: bool
    loaded_at_seconds: float


class Reloader(Generic[Settings]):
    """Reloads settings on request; what the program has loaded at its start counts as the first time.

    Args:
        load: Returns the settings as they are now, or raises SettingsError.
        use: Puts them in force.
        clock: Says when that was.
    """

    def __init__(
        self, *, load: Callable[[], Settings], use: Callable[[Settings], None], clock: Clock
    ) -> None:
        self._load = load
        self._use = use
        self._clock = clock
        self._last = self._loaded_now()

    def last(self) -> LastReload:
        """Return the outcome of the last reload."""
        return self._last

    def reload(self) -> bool:
        """Load the settings and put them in force, or log every mistake in them; return whether it worked."""
        try:
            settings = self._load()
        except SettingsError as error:
            self._last = LastReload(is_successful=False, loaded_at_seconds=self._last.loaded_at_seconds)
            for line in error.lines:
                logger.error("settings not loaded", extra={"mistake": line})  # noqa: TRY400 - no bug
            return False
        self._use(settings)
        self._last = self._loaded_now()
        logger.info("settings loaded")
        return True

    def _loaded_now(self) -> LastReload:
        return LastReload(is_successful=True, loaded_at_seconds=self._clock.unix_seconds())

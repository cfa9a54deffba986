"""The settings file, as the doctor takes it: mistakes in it are findings."""

from collections.abc import Callable
from pathlib import Path

from exporter.config import ExporterSettings
from exporter.doctor.finding import Finding
from marax.settings.reader import SettingsError


def settings_found(path: Path, read: Callable[[], ExporterSettings]) -> tuple[ExporterSettings, Finding]:
    """Return the settings at *path*, the defaults if they cannot be used, and what is to be said of them."""
    try:
        settings = read()
    except SettingsError as error:
        said = "; ".join(map(str, error.mistakes))
        return ExporterSettings(), Finding(
            check="settings",
            verdict="problem",
            says=f"{said}: what follows is about the defaults",
            remedy="correct it, until `marax-exporter check-config` finds nothing wrong",
        )
    says = f"{path}" if path.exists() else f"{path} does not exist: the defaults"
    return settings, Finding(check="settings", verdict="ok", says=says)

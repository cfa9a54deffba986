"""Builds what asks hosts directly."""

from pathlib import Path

from alertbridge.config.settings import BridgeSettings
from alertbridge.fleet.access import read_access
from alertbridge.fleet.probe import Probe
from marax.clock import SystemClock


def probe(settings: BridgeSettings, file: Path) -> Probe:
    """Return what `status` and `report` ask hosts with, by the *settings* in *file*.

    Raises:
        SettingsError: A file that `status:` names cannot be used.
    """
    return Probe(SystemClock(), read_access(settings.status, file))

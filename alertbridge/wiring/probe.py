"""Builds what asks hosts directly."""

from alertbridge.fleet.probe import Probe
from marax.clock import SystemClock


def probe() -> Probe:
    """Return what `status` and `report` ask hosts with."""
    return Probe(SystemClock())

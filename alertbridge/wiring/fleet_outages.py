"""Builds what knows which hosts were down under an alert about most of them."""

from pathlib import Path

from alertbridge.config.settings import read_config
from alertbridge.prometheus.fleet_outage import FleetOutages
from marax.clock import SystemClock


def fleet_outages(config: Path) -> FleetOutages | None:
    """Return what asks the Prometheis that the settings in *config* name; None when they name none."""
    settings = read_config(config)
    prometheus = settings.prometheus
    return FleetOutages(prometheus.all_urls, SystemClock()) if prometheus else None

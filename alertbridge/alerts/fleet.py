"""The alert about most hosts of a job at once, which inhibits the alerts about each of them."""

FLEET_DOWN = "FleetDown"

"""Alerts of the shipped rules that are about the monitoring, not about a host, and how they are treated."""

from alertbridge.alerts.alert import Alert

# Most hosts of a job do not answer; its single hosts are not reported meanwhile
FLEET_ALERTS = frozenset({"FleetDown"})

# What they claim keeps them from being reported: by the time that a person reads of it, it is mostly over
SELF_BLOCKING_ALERTS = frozenset(
    {"AlertBridgeDown", "AlertBridgeRefusing", "AlertBridgeMailFailing", "AlertmanagerUnreachable"}
)


def concerns_fleet(alert: Alert) -> bool:
    """Return whether *alert* says that most hosts of its job do not answer."""
    return alert.labels.get("alertname") in FLEET_ALERTS


def blocks_itself(alert: Alert) -> bool:
    """Return whether *alert* can hardly be reported before it is over."""
    return alert.labels.get("alertname") in SELF_BLOCKING_ALERTS

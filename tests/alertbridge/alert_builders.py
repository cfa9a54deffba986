"""Builders for what Alertmanager tells and for who is told."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.alerts.episodes import Episode
from alertbridge.mail.address import EmailAddress
from alertbridge.routing.alert_host import KnownHosts
from alertbridge.routing.recipients import Routing
from alertbridge.routing.users import UserSettings

T0 = 1_790_000_000.0


def an_alert(
    host: str = "web-1",
    *,
    alertname: str = "HostDown",
    severity: str = "critical",
    starts: float = T0,
    ends: float | None = None,
    **labels: str,
) -> Alert:
    """Return an alert about *host*; it is firing unless it *ends*, which is proven."""
    named = {"host": host, "instance": f"{host}.example.org:9877"} if host else {}
    all_labels = {"alertname": alertname, "severity": severity, "job": "marax", **named, **labels}
    return Alert(
        alert_id=alert_id_of(all_labels),
        labels=all_labels,
        annotations={"summary": "host not answering"},
        is_firing=ends is None,
        starts_unix_seconds=starts,
        ends_unix_seconds=ends,
        is_proven=ends is not None,
    )


def a_heartbeat(evaluated_unix_seconds: float) -> Alert:
    """Return the alert that always fires, from Prometheus' evaluation at that time."""
    alert = an_alert("", alertname="Watchdog", severity="none")
    return replace(alert, annotations={"evaluated_at": f"{evaluated_unix_seconds:.3f}"})


def an_episode(
    host: str = "web-1", *, number: int = 1, ends: float | None = None, **alert: object
) -> Episode:
    """Return an episode of an alert about *host*, opened and told when it fired; open unless it *ends*."""
    about = an_alert(host, **alert)  # type: ignore[arg-type] # any argument
    return Episode(
        alert_id=about.alert_id,
        number=number,
        alert=about,
        opened_unix_seconds=about.starts_unix_seconds,
        ended_unix_seconds=ends,
        closed_unix_seconds=ends,
    )


def a_user(name: str = "ann", **settings: object) -> UserSettings:
    """Return a user who is told everything unless *settings* say otherwise."""
    return UserSettings(name=name, email=EmailAddress(f"{name}@example.org"), **settings)  # type: ignore[arg-type] # any field


class _EveryHost(dict[str, str]):
    """Hosts in the settings whose addresses are those that `an_alert` names, whatever they are called."""

    def get(self, address: str, _default: object = None) -> str:
        """Return the name of the host at *address*; empty when it is none of them."""
        name, is_one, _ = address.partition(".example.org:9877")
        return name if is_one else ""

    def __contains__(self, address: object) -> bool:
        return bool(self.get(str(address)))


def a_routing(*users: UserSettings, storm_hosts: int = 5) -> Routing:
    """Return the routing to *users*, or to ann alone."""
    return Routing(
        users=users or (a_user(),),
        hosts=KnownHosts(names_by_address=_EveryHost(), names_by_machine={}),
        down_alerts=("HostDown",),
        storm_hosts=storm_hosts,
        storm_window_seconds=120.0,
    )


def payload_of(*alerts: Alert, **message: object) -> bytes:
    """Return the body with which Alertmanager 0.25 posts *alerts*."""
    told = [
        {
            "status": "firing" if alert.is_firing else "resolved",
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
            "startsAt": _rfc3339(alert.starts_unix_seconds),
            "endsAt": _rfc3339(alert.ends_unix_seconds),
            "generatorURL": alert.generator_url,
            "fingerprint": alert.alert_id[:16],
        }
        for alert in alerts
    ]
    whole = {"version": "4", "receiver": "marax", "groupKey": "{}:{}", "truncatedAlerts": 0, "alerts": told}
    return json.dumps(whole | message).encode()


def _rfc3339(unix_seconds: float | None) -> str:
    if unix_seconds is None:
        return "0001-01-01T00:00:00Z"
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat().replace("+00:00", "Z")

"""Internal alerts: the bridge raises them itself, about itself, and handles them like any other."""

import re
from collections.abc import Mapping
from dataclasses import replace

from alertbridge.alerts.alert import Alert, alert_id_of

AUDIENCE_LABEL = "marax_audience"
ADMINS = "admins"
BLIND_LABEL = "marax_blind"
UNDELIVERABLE = "MaraxMailUndeliverable"
TRUNCATED = "MaraxAlertsTruncated"
_MAIL_FOR = "mail for "
_MONITORING = "monitoring"
_QUOTED = re.compile(r"\\([^A-Za-z0-9])")
_LONGEST_RECEIVER = 60
_LONGEST_GROUP = 200


def blind_alert(
    since_unix_seconds: float,
    diagnosis: str,
    *,
    ends_unix_seconds: float | None,
    heartbeat: Mapping[str, str] | None = None,
    which: str = "",
) -> Alert:
    """Return the alert that no evaluation of Prometheus later than *since* has reached the bridge.

    Args:
        since_unix_seconds: That moment.
        diagnosis: Why, in words.
        ends_unix_seconds: When one has; None while none has.
        heartbeat: The labels of the heartbeat that is missing, which make the identity; None for all.
        which: Those that tell it from the other heartbeats, in words; empty where there are none.
    """
    labels = {"alertname": "MaraxBlind", "host": _MONITORING, "severity": "critical", BLIND_LABEL: "yes"}
    own = {f"heartbeat {name}": value for name, value in (heartbeat or {}).items()}
    shown = labels | ({"host": f"{_MONITORING} ({which})"} if which else {})
    annotations = {"summary": "no sign of life", "description": diagnosis}
    alert = _alert(shown, annotations, since_unix_seconds, ends_unix_seconds)
    return replace(alert, alert_id=alert_id_of(labels | own))


def missing_heartbeat(host: str) -> str:
    """Return which heartbeat is missing, given the *host* of an alert by `blind_alert`; empty for all."""
    return host.removeprefix(_MONITORING).strip().removeprefix("(").removesuffix(")")


def undeliverable_alert(
    user_name: str, reason: str, since_unix_seconds: float, *, ends_unix_seconds: float | None
) -> Alert:
    """Return the alert, for admins only, that mail to a user is permanently undeliverable."""
    labels = {
        "alertname": UNDELIVERABLE,
        "host": f"{_MAIL_FOR}{user_name}",
        "severity": "warning",
        AUDIENCE_LABEL: ADMINS,
    }
    annotations = {"summary": "not delivered", "description": f"The mail service said: {reason}"}
    return _alert(labels, annotations, since_unix_seconds, ends_unix_seconds)


def undeliverable_user(alert: Alert) -> str:
    """Return the user whom an alert by `undeliverable_alert` is about."""
    return alert.labels.get("host", "").removeprefix(_MAIL_FOR)


def truncated_alert(receiver: str, group_key: str, count: int, since_unix_seconds: float) -> Alert:
    """Return the alert, for admins only, that Alertmanager leaves out alerts of a group.

    Args:
        receiver: Alertmanager's receiver, as in the payload, which quotes it as a regular expression.
        group_key: The group, which makes the identity together with the receiver.
        count: How many alerts were left out.
        since_unix_seconds: When that was first seen.
    """
    name = _QUOTED.sub(r"\1", receiver)[:_LONGEST_RECEIVER]
    labels = {
        "alertname": TRUNCATED,
        "host": f"receiver {name or '(no name)'}",
        "severity": "warning",
        AUDIENCE_LABEL: ADMINS,
    }
    alerts = "1 alert was" if count == 1 else f"{count} alerts were"
    group = f" of the group {group_key[:_LONGEST_GROUP]}" if group_key else ""
    annotations = {
        "summary": "alerts left out",
        "description": f"{alerts} left out of a notification{group}.",
    }
    alert = _alert(labels, annotations, since_unix_seconds, None)
    return replace(alert, alert_id=alert_id_of(labels | {"receiver": receiver, "group": group_key}))


def is_truncation(alert: Alert) -> bool:
    """Return whether *alert* is one by `truncated_alert`."""
    return is_internal(alert) and alert.labels.get("alertname") == TRUNCATED


def is_internal(alert: Alert) -> bool:
    """Return whether *alert* is an internal one."""
    return AUDIENCE_LABEL in alert.labels or BLIND_LABEL in alert.labels


def _alert(labels: dict[str, str], annotations: dict[str, str], starts: float, ends: float | None) -> Alert:
    return Alert(
        alert_id=alert_id_of(labels),
        labels=labels,
        annotations=annotations,
        is_firing=ends is None,
        starts_unix_seconds=starts,
        ends_unix_seconds=ends,
        is_proven=ends is not None,  # the bridge itself has seen it
    )

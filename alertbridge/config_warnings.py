"""What can be used in the settings of the bridge, but is doubtful: said by `check-config` and `serve`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.config import BridgeSettings
from alertbridge.fleet.hosts import HostSettings
from alertbridge.routing.recipients import watches
from alertbridge.routing.users import Severity
from marax.settings.document import Lines
from marax.settings.mistakes import SettingsWarning

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
_NAMES_AT_MOST = 5

Warnings = Iterator[tuple[str, str]]  # a key, and what is doubtful about it


def warnings_of(settings: BridgeSettings, file: Path) -> list[SettingsWarning]:
    """Return what is doubtful about the *settings* in *file*."""
    lines = Lines(file)
    return [
        SettingsWarning(file=file, line=lines.of(key), key=key, words=words)
        for warnings in (_missing(settings), _idle_users(settings), _unrouted(settings))
        for key, words in warnings
    ]


def _missing(settings: BridgeSettings) -> Warnings:
    if not settings.users:
        yield "users", "none defined, so nobody is notified"
    if not settings.hosts:
        yield "hosts", "none defined, so nothing is reported as [DOWN], and `targets` and `status` do nothing"
    if settings.users and not settings.routing().admins:
        yield "users", "none has `admin: true`, so nobody is notified of alerts that match no user"
    if settings.mailgun is None:
        yield "mailgun", f"is not set, so every mail goes into the Maildir {settings.maildir}"
    if settings.prometheus is None:
        yield "prometheus", "is not set, so mails cannot say why a host is down"


def alert_about(host: HostSettings, severity: Severity) -> Alert:
    """Return an alert about *host*, such as would come."""
    labels = {"alertname": "HostDown", "host": host.name, "severity": severity, **host.labels}
    return Alert(
        alert_id=alert_id_of(labels),
        labels=labels,
        annotations={},
        is_firing=True,
        starts_unix_seconds=0.0,
        ends_unix_seconds=None,
    )


def _idle_users(settings: BridgeSettings) -> Warnings:
    """Yield the users who watch no host."""
    for i, user in enumerate(settings.users):
        if settings.hosts and not any(watches(user, host.name) for host in settings.hosts):
            yield f"users[{i}].hosts", f"{user.name} watches {', '.join(user.hosts)}, which matches no host"


def _unrouted(settings: BridgeSettings) -> Warnings:
    """Yield the hosts and severities that match no user, hosts of which the same is true together."""
    routing = settings.routing()
    hosts_by_severities: defaultdict[tuple[Severity, ...], list[int]] = defaultdict(list)
    for i, host in enumerate(settings.hosts if settings.users else ()):
        unrouted = tuple(one for one in SEVERITIES if routing.is_unrouted(alert_about(host, one)))
        hosts_by_severities[unrouted].append(i)
    admins = ", ".join(user.name for user in routing.admins)
    instead = f"the admins are ({admins})" if admins else "nobody is"
    for severities, places in hosts_by_severities.items():
        which = "" if len(severities) == len(SEVERITIES) else f"{' and '.join(severities)} "
        if severities:
            names = _listed([settings.hosts[i].name for i in places])
            yield f"hosts[{places[0]}]", f"no user is notified of {which}alerts about {names}; {instead}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_AT_MOST} more" if len(names) > _NAMES_AT_MOST else ""
    return ", ".join(names[:_NAMES_AT_MOST]) + more

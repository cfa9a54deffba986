"""What `check-config` says of usable settings: who is told what and how, and what is hardly meant."""

from collections.abc import Iterator, Sequence

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.config import BridgeSettings
from alertbridge.fleet.hosts import HostSettings
from alertbridge.routing.recipients import watches
from alertbridge.routing.users import Severity

_SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")


def recipients_table(settings: BridgeSettings) -> str:
    """Return a table of the hosts and of the users who are told about each, by severity."""
    routing = settings.routing()
    rows = [("HOST", *(severity.upper() for severity in _SEVERITIES))]
    for host in settings.hosts:
        told = [routing.recipients(_alert_about(host, severity)) for severity in _SEVERITIES]
        rows.append((host.name, *(", ".join(user.name for user in users) or "-" for users in told)))
    return _aligned(rows)


def wishes_table(settings: BridgeSettings) -> str:
    """Return a table of how each user wants to be told: when not, what all the same, and what again."""
    rows = [("USER", "QUIET", "PASSING", "REMINDED")]
    for user in settings.users:
        quiet = ("-", "-")
        if user.quiet is not None:
            quiet = (f"{user.quiet.hours} {user.timezone}", ", ".join(user.quiet.passing) or "nothing")
        rows.append((user.name, *quiet, str(user.remind_every_seconds)))
    return _aligned(rows)


def warnings(settings: BridgeSettings) -> Iterator[str]:
    """Yield what can be used but is hardly meant."""
    if not settings.users:
        yield "users: there are none, so nobody is told anything"
    if not settings.hosts:
        yield "hosts: there are none, so `targets` and `status` have nothing to do"
    if settings.users and settings.hosts:
        yield from _gaps(settings)
    if settings.mailgun is None:
        yield f"mailgun: is not set, so every mail goes into the Maildir {settings.maildir}"
    if settings.prometheus is None:
        yield "prometheus: is not set, so mails cannot say why a host is down"


def _gaps(settings: BridgeSettings) -> Iterator[str]:
    """Yield the users who watch no host, and the hosts that nobody watches."""
    watched = {
        user.name: {host.name for host in settings.hosts if watches(user, host.name)}
        for user in settings.users
    }
    for user in settings.users:
        if not watched[user.name]:
            yield f"users: {user.name} watches {', '.join(user.hosts)}, which is none of the hosts"
    everything = set().union(*watched.values())
    for host in settings.hosts:
        if host.name not in everything:
            yield f"hosts: nobody is told about {host.name}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _alert_about(host: HostSettings, severity: Severity) -> Alert:
    labels = {"alertname": "HostDown", "host": host.name, "severity": severity, **host.labels}
    return Alert(
        alert_id=alert_id_of(labels),
        labels=labels,
        annotations={},
        is_firing=True,
        starts_unix_seconds=0.0,
        ends_unix_seconds=None,
    )

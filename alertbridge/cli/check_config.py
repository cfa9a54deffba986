"""What `check-config` says of usable settings: who is notified of what, and what is probably a mistake."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from alertbridge.alerts.alert import Alert, alert_id_of
from alertbridge.background.settings import SHORTEST_ALARM_AFTER_SECONDS
from alertbridge.config import BridgeSettings
from alertbridge.fleet.hosts import HostSettings
from alertbridge.routing.recipients import Routing, watches
from alertbridge.routing.users import Severity
from marax.settings.durations import spoken
from marax.settings.reader import Mistake, SettingsError

_NAMES_AT_MOST = 5
_SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")


def print_findings(settings: BridgeSettings, file: Path) -> None:
    """Print what the *settings* in *file* come to, and warnings.

    Raises:
        SettingsError: They can be used, but not in earnest.
    """
    refuse_mistakes(settings, file)
    click.echo(f"{recipients_table(settings)}\n\n{preferences_table(settings)}")
    for warning in warnings(settings):
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{file} is fine; hosts: {len(settings.hosts)}, users: {len(settings.users)}", err=True)


def recipients_table(settings: BridgeSettings) -> str:
    """Return a table of the hosts and of the users who are notified about each, by severity."""
    routing = settings.routing()
    rows = [("HOST", *(severity.upper() for severity in _SEVERITIES))]
    for host in settings.hosts:
        alerts = [_alert_about(host, severity) for severity in _SEVERITIES]
        rows.append((host.name, *(_notified(alert, routing) for alert in alerts)))
    return _aligned(rows)


def _notified(alert: Alert, routing: Routing) -> str:
    """Return who is notified of *alert*; admins in brackets who are so only as nobody else is."""
    names = ", ".join(user.name for user in routing.recipients(alert))
    if not names:
        return "-"
    return f"({names})" if routing.is_unrouted(alert) else names


def preferences_table(settings: BridgeSettings) -> str:
    """Return a table of when each user wants no mail, except for what, and how often they are reminded."""
    rows = [("USER", "QUIET HOURS", "EXCEPT", "REMINDER")]
    for user in settings.users:
        quiet = ("-", "-")
        if user.quiet is not None:
            quiet = (f"{user.quiet.hours} {user.timezone}", ", ".join(user.quiet.passing) or "nothing")
        rows.append((user.name, *quiet, str(user.remind_every_seconds)))
    return _aligned(rows)


def refuse_mistakes(settings: BridgeSettings, file: Path) -> None:
    """Refuse what can be used, but not in earnest, in the *settings* in *file*.

    Raises:
        SettingsError: What has to be changed, and why.
    """
    after = settings.heartbeat.alarm_after_seconds
    if after >= SHORTEST_ALARM_AFTER_SECONDS:
        return
    expected = (
        f"{SHORTEST_ALARM_AFTER_SECONDS:.0f}s or more, as a heartbeat comes once a minute, and"
        " [BLIND] and [OK] would follow each other all the time; 5m is usual"
    )
    raise SettingsError(
        [Mistake(file=file, line=0, key="heartbeat.alarm_after", found=spoken(after), expected=expected)]
    )


def warnings(settings: BridgeSettings) -> Iterator[str]:
    """Yield what can be used but is probably a mistake."""
    if not settings.users:
        yield "users: none defined, so nobody is notified"
    if not settings.hosts:
        yield "hosts: none defined, so nothing is reported as [DOWN], and `targets` and `status` do nothing"
    if settings.users and settings.hosts:
        yield from _idle_users(settings)
        yield from _unwatched_hosts(settings)
    if settings.users and not settings.routing().admins:
        yield "users: none has `admin: true`, so nobody is notified of alerts that match no user"
    if settings.mailgun is None:
        yield f"mailgun: is not set, so every mail goes into the Maildir {settings.maildir}"
    if settings.prometheus is None:
        yield "prometheus: is not set, so mails cannot say why a host is down"


def _idle_users(settings: BridgeSettings) -> Iterator[str]:
    """Yield the users who watch no host."""
    for user in settings.users:
        if not any(watches(user, host.name) for host in settings.hosts):
            yield f"users: {user.name} watches {', '.join(user.hosts)}, which matches no host"


def _unwatched_hosts(settings: BridgeSettings) -> Iterator[str]:
    """Yield the hosts and severities that match no user, hosts of which the same is true together."""
    routing = settings.routing()
    hosts_by_severities: defaultdict[tuple[Severity, ...], list[str]] = defaultdict(list)
    for host in settings.hosts:
        unrouted = (one for one in _SEVERITIES if routing.is_unrouted(_alert_about(host, one)))
        hosts_by_severities[tuple(unrouted)].append(host.name)
    admins = ", ".join(user.name for user in routing.admins)
    instead = f"the admins are ({admins})" if admins else "nobody is"
    for severities, hosts in hosts_by_severities.items():
        which = "" if len(severities) == len(_SEVERITIES) else f"{' and '.join(severities)} "
        if severities:
            yield f"hosts: no user is notified of {which}alerts about {_listed(hosts)}; {instead}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_AT_MOST} more" if len(names) > _NAMES_AT_MOST else ""
    return ", ".join(names[:_NAMES_AT_MOST]) + more


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

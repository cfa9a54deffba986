"""What `check-config` says of usable settings: who is notified of what, and what is doubtful."""

from collections.abc import Sequence
from pathlib import Path

import click

from alertbridge.alerts.alert import Alert
from alertbridge.config.mistakes import refuse_mistakes
from alertbridge.config.settings import BridgeSettings
from alertbridge.config.warnings import SEVERITIES, alert_about, place_warnings, warnings_of
from alertbridge.routing.recipients import Routing


def print_findings(settings: BridgeSettings, file: Path) -> None:
    """Print what the *settings* in *file* come to, and warnings.

    Raises:
        SettingsError: They can be used, but not in earnest.
    """
    refuse_mistakes(settings, file)
    click.echo(f"{recipients_table(settings)}\n\n{preferences_table(settings)}")
    for warning in (*warnings_of(settings, file), *place_warnings(settings, file)):
        click.echo(str(warning), err=True)
    click.echo(f"{file} is fine; hosts: {len(settings.hosts)}, users: {len(settings.users)}", err=True)


def recipients_table(settings: BridgeSettings) -> str:
    """Return a table of the hosts and of the users who are notified about each, by severity."""
    routing = settings.routing()
    rows = [("HOST", *(severity.upper() for severity in SEVERITIES))]
    for host in settings.hosts:
        alerts = [alert_about(host, severity) for severity in SEVERITIES]
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


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)

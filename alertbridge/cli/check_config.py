"""What `check-config` says of usable settings: who is notified of what, and what is doubtful."""

from collections.abc import Sequence
from pathlib import Path

import click

from alertbridge.alerts.alert import Alert
from alertbridge.background.settings import SHORTEST_ALARM_AFTER_SECONDS
from alertbridge.config import BridgeSettings
from alertbridge.config_warnings import SEVERITIES, alert_about, warnings_of
from alertbridge.routing.recipients import Routing
from marax.settings.document import Lines
from marax.settings.durations import spoken
from marax.settings.mistakes import Mistake, SettingsError


def print_findings(settings: BridgeSettings, file: Path) -> None:
    """Print what the *settings* in *file* come to, and warnings.

    Raises:
        SettingsError: They can be used, but not in earnest.
    """
    refuse_mistakes(settings, file)
    click.echo(f"{recipients_table(settings)}\n\n{preferences_table(settings)}")
    for warning in warnings_of(settings, file):
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


def refuse_mistakes(settings: BridgeSettings, file: Path) -> None:
    """Refuse what can be used, but not in earnest, in the *settings* in *file*.

    Raises:
        SettingsError: What has to be changed, and why.
    """
    key, after = "heartbeat.alarm_after", settings.heartbeat.alarm_after_seconds
    if after >= SHORTEST_ALARM_AFTER_SECONDS:
        return
    expected = (
        f"{SHORTEST_ALARM_AFTER_SECONDS:.0f}s or more, as a heartbeat comes once a minute, and"
        " [BLIND] and [OK] would follow each other all the time; 5m is usual"
    )
    raise SettingsError(
        [Mistake(file=file, line=Lines(file).of(key), key=key, found=spoken(after), expected=expected)]
    )


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)

"""`marax-alertbridge outbox ...` and `explain`: show notices and incidents, retry or drop notices."""

from pathlib import Path

import click

from alertbridge.alerts.own import FLEET_ALERTS
from alertbridge.cli.fleet_text import fleet_events
from alertbridge.cli.outbox_text import incident_text, notice_text, notices_json, notices_table
from alertbridge.outbox.inspection import EpisodeView
from alertbridge.prometheus.answers import NotKnown
from alertbridge.prometheus.fleet_outage import FleetOutages
from alertbridge.wiring.fleet_outages import fleet_outages
from alertbridge.wiring.inspection import inspection
from marax.clock import SystemClock
from marax.commandline import ExitCode

_ALL_AT_MOST = 1000


def print_list(config: Path, *, as_json: bool, everything: bool) -> None:
    """Print pending and dead notices, or the newest notices in every state."""
    with inspection(config) as notices:
        found = notices.all(_ALL_AT_MOST) if everything else notices.unsettled_and_dead()
    click.echo(notices_json(found) if as_json else notices_table(found, SystemClock().unix_seconds()))


def print_notice(config: Path, notice_id: int) -> None:
    """Print all fields of a notice."""
    with inspection(config) as notices:
        notice = notices.notice(notice_id)
    if notice is None:
        _leave_unknown(f"there is no notice {notice_id}")
    else:
        click.echo(notice_text(notice))


def print_incident(config: Path, incident_id: str) -> None:
    """Print the history of an incident."""
    with inspection(config) as notices:
        incident = notices.incident(incident_id)
    if incident is None:
        _leave_unknown(f"there is no incident {incident_id}; the id is at the end of each mail")
        return
    fleet_down = [one for one in incident.episodes if one.alertname in FLEET_ALERTS]
    asked = fleet_outages(config) if fleet_down else None
    click.echo(incident_text(incident, [event for one in fleet_down for event in _fleet_events(one, asked)]))


def retry(config: Path, notice_ids: tuple[int, ...]) -> None:
    """Retry dead notices; all of them without *notice_ids*."""
    with inspection(config) as notices:
        dead = [one.notice_id for one in notices.unsettled_and_dead() if one.state == "dead"]
        count = notices.retry(notice_ids or dead, SystemClock().unix_seconds())
    click.echo(f"{count} pending again; a running bridge sends them within a second", err=True)
    if count < len(notice_ids):
        _leave_unknown("the others are not dead: `outbox show` shows their state")


def drop(config: Path, notice_ids: tuple[int, ...]) -> None:
    """Drop pending, held or dead notices, so that they are never sent."""
    with inspection(config) as notices:
        count = notices.drop(notice_ids, SystemClock().unix_seconds())
    click.echo(f"{count} dropped", err=True)
    if count < len(notice_ids):
        _leave_unknown("the others are being sent or already settled: `outbox show` shows their state")


def _fleet_events(episode: EpisodeView, outages: FleetOutages | None) -> list[tuple[float, str]]:
    if outages is None:
        return list(fleet_events(episode, NotKnown(reason="Prometheus is not configured (prometheus.url)")))
    outage = outages.ask(
        episode.job,
        fired_unix_seconds=episode.fired_unix_seconds,
        ended_unix_seconds=episode.ended_unix_seconds,
    )
    return list(fleet_events(episode, outage))


def _leave_unknown(message: str) -> None:
    click.echo(message, err=True)
    raise click.exceptions.Exit(ExitCode.FINDING)

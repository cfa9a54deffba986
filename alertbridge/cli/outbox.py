"""`marax-alertbridge outbox ...` and `explain`: show notices and incidents, retry or drop notices."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from alertbridge.cli.outbox_text import incident_text, notice_text, notices_json, notices_table
from alertbridge.config import read_config
from alertbridge.outbox.database import Database, StoreError, database_exists
from alertbridge.outbox.inspection import Inspection
from marax.clock import SystemClock
from marax.commandline import CannotReachError, ExitCode

_ALL_AT_MOST = 1000


def print_list(config: Path, *, as_json: bool, everything: bool) -> None:
    """Print pending and dead notices, or the newest notices in every state."""
    with _inspection(config) as inspection:
        found = inspection.all(_ALL_AT_MOST) if everything else inspection.unsettled_and_dead()
    click.echo(notices_json(found) if as_json else notices_table(found, SystemClock().unix_seconds()))


def print_notice(config: Path, notice_id: int) -> None:
    """Print all fields of a notice."""
    with _inspection(config) as inspection:
        notice = inspection.notice(notice_id)
    if notice is None:
        _leave_unknown(f"there is no notice {notice_id}")
    else:
        click.echo(notice_text(notice))


def print_incident(config: Path, incident_id: str) -> None:
    """Print the history of an incident."""
    with _inspection(config) as inspection:
        incident = inspection.incident(incident_id)
    if incident is None:
        _leave_unknown(f"there is no incident {incident_id}; the id is at the end of each mail")
    else:
        click.echo(incident_text(incident))


def retry(config: Path, notice_ids: tuple[int, ...]) -> None:
    """Retry dead notices; all of them without *notice_ids*."""
    with _inspection(config) as inspection:
        dead = [one.notice_id for one in inspection.unsettled_and_dead() if one.state == "dead"]
        count = inspection.retry(notice_ids or dead, SystemClock().unix_seconds())
    click.echo(f"{count} pending again; a running bridge sends them within a second", err=True)
    if count < len(notice_ids):
        _leave_unknown("the others are not dead: `outbox show` shows their state")


def drop(config: Path, notice_ids: tuple[int, ...]) -> None:
    """Drop pending, held or dead notices, so that they are never sent."""
    with _inspection(config) as inspection:
        count = inspection.drop(notice_ids, SystemClock().unix_seconds())
    click.echo(f"{count} dropped", err=True)
    if count < len(notice_ids):
        _leave_unknown("the others are being sent or already settled: `outbox show` shows their state")


@contextmanager
def _inspection(config: Path) -> Iterator[Inspection]:
    settings = read_config(config)
    if not database_exists(settings.database):
        raise CannotReachError(f"there is no {settings.database} yet: `serve` creates it on its first start")
    try:
        with closing(Database(settings.database)) as database:
            database.prepare()
            yield Inspection(database)
    except StoreError as error:
        raise CannotReachError(f"cannot use the database {settings.database}: {error}") from error


def _leave_unknown(message: str) -> None:
    click.echo(message, err=True)
    raise click.exceptions.Exit(ExitCode.FINDING)

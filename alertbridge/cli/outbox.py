"""`marax-alertbridge outbox ...` and `explain`: looking at what is owed, and putting it right by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
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
    """Print all that is known of a notice."""
    with _inspection(config) as inspection:
        notice = inspection.notice(notice_id)
    if notice is None:
        _leave_unknown(f"there is no notice {notice_id}")
    else:
        click.echo(notice_text(notice))


def print_incident(config: Path, incident_id: str) -> None:
    """Print the whole chain of an incident, with times."""
    with _inspection(config) as inspection:
        incident = inspection.incident(incident_id)
    if incident is None:
        _leave_unknown(f"there is no incident {incident_id}; its id stands at the end of each mail")
    else:
        click.echo(incident_text(incident))


def retry(config: Path, notice_ids: tuple[int, ...]) -> None:
    """Let notices that were given up be tried again; all of them without *notice_ids*."""
    with _inspection(config) as inspection:
        dead = [one.notice_id for one in inspection.unsettled_and_dead() if one.state == "dead"]
        count = inspection.retry(notice_ids or dead, SystemClock().unix_seconds())
    click.echo(f"{count} to be tried again; the running bridge does so within a second", err=True)
    if count < len(notice_ids):
        _leave_unknown("the others were not given up: `outbox list` shows their state")


def drop(config: Path, notice_ids: tuple[int, ...]) -> None:
    """Let notices that wait or were given up never be sent."""
    with _inspection(config) as inspection:
        count = inspection.drop(notice_ids, SystemClock().unix_seconds())
    click.echo(f"{count} dropped", err=True)
    if count < len(notice_ids):
        _leave_unknown("the others are being sent or are settled: `outbox show` says how")


@contextmanager
def _inspection(config: Path) -> Iterator[Inspection]:
    settings = read_config(config)
    if not database_exists(settings.database):
        raise CannotReachError(f"there is no {settings.database} yet: `serve` makes it when it first starts")
    try:
        database = Database(settings.database)
        database.prepare()
        yield Inspection(database)
        database.close()
    except StoreError as error:
        raise CannotReachError(f"cannot use the database {settings.database}: {error}") from error


def _leave_unknown(message: str) -> None:
    click.echo(message, err=True)
    raise click.exceptions.Exit(ExitCode.FINDING)

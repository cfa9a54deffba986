"""The command line of the bridge, thin: settings in, words and exit codes out.

Commands import what they need when they run, so that `--help` and `check-config` answer at once.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marax.commandline import ExitCode, log_level, program, takes_config

if TYPE_CHECKING:
    from alertbridge.composing.direct_mail import DirectMail
    from alertbridge.config.settings import BridgeSettings
    from alertbridge.delivery.mailer import Outcome
    from alertbridge.routing.users import UserSettings

_CONFIG_FILE = "/etc/marax/alertbridge.yml"
_TARGETS_FILE = "/etc/prometheus/marax/targets.json"


@program(
    _CONFIG_FILE,
    examples="""
marax-alertbridge check-config                  who would be notified about which host
marax-alertbridge targets                       write the list of targets for Prometheus
marax-alertbridge send-test ann                 send ann a test mail
marax-alertbridge serve                         receive alerts, send mail
marax-alertbridge status                        ask every host directly, without Prometheus
marax-alertbridge --config bridge.yml report    mail the same table to the users
""",
)
def main() -> None:
    """Mail people which host is down, why and since when, for the alerts that Alertmanager sends.

    Exit codes: 0 fine, 1 a finding (a host is down, a mail was rejected), 2 usage, 3 invalid settings, 4 an
    address, a file, the database or the mail service cannot be reached.
    """


@main.command(examples="marax-alertbridge serve --config /etc/marax/alertbridge.yml")
@takes_config
def serve(config: Path) -> None:
    """Receive Alertmanager's webhook and send mail until SIGTERM; SIGHUP reloads the settings."""
    from prometheus_client import disable_created_metrics

    from alertbridge.wiring.service import Service
    from marax.logs import log_to

    disable_created_metrics()  # type: ignore[no-untyped-call] # without types; spares a series per counter
    service = Service(config)
    log_to(level=log_level())
    service.run()


@main.command(examples="marax-alertbridge check-config --config bridge.yml")
@takes_config
def check_config(config: Path) -> None:
    """Report every mistake in the settings, or show who would be notified about which host."""
    from alertbridge.cli.check_config import print_findings

    print_findings(_settings(config), config)


@main.command(
    examples="""
marax-alertbridge targets           to the file that deploy/prometheus.yml reads
marax-alertbridge targets -         to stdout
"""
)
@takes_config
@click.argument("file", default=_TARGETS_FILE, type=click.Path(path_type=Path, allow_dash=True))
def targets(config: Path, file: Path) -> None:
    """Write the hosts in the settings as Prometheus' file_sd reads them, whole or not at all.

    FILE is /etc/prometheus/marax/targets.json unless given; - is stdout.
    """
    from alertbridge.fleet.table import counted_hosts
    from alertbridge.fleet.targets import target_groups, write_targets

    settings = _settings(config)
    if str(file) == "-":
        click.echo(json.dumps(target_groups(settings.hosts), indent=2))
        return
    is_written = write_targets(file, settings.hosts)
    what_happened = "written" if is_written else "lists them already"
    click.echo(f"{file}: {counted_hosts(settings.hosts)}, {what_happened}", err=True)


@main.command(
    examples="""
marax-alertbridge status
marax-alertbridge status --json | jq '.[] | select(.state == "down")'
"""
)
@takes_config
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def status(config: Path, as_json: bool) -> None:  # noqa: FBT001 - a flag of the command line
    """Ask every host in the settings itself, all at once, 5 seconds at most; exit 1 when one is down."""
    from alertbridge.fleet.table import fleet_json, fleet_table
    from alertbridge.wiring.probe import probe

    settings = _settings(config)
    states = probe(settings, config).ask(settings.hosts)
    click.echo(fleet_json(states) if as_json else fleet_table(states, in_colour=sys.stdout.isatty()))
    if not all(state.is_up for state in states):
        raise click.exceptions.Exit(ExitCode.FINDING)


@main.command(examples="marax-alertbridge report")
@takes_config
def report(config: Path) -> None:
    """Ask every host as `status` does, and mail each user the table of the hosts that they watch."""
    from alertbridge.fleet.table import closing_line, counted_hosts
    from alertbridge.wiring.probe import probe

    settings = _settings(config)
    direct_mail = _direct_mail(settings, config, by_second=False)
    asked = probe(settings, config)
    click.echo(f"asking {counted_hosts(settings.hosts)}", err=True)
    states = asked.ask(settings.hosts)
    click.echo(closing_line(states), err=True)
    _leave_with([_report_outcome(user, direct_mail.send_report(user, states)) for user in settings.users])


@main.command(examples="marax-alertbridge send-test ann\nmarax-alertbridge send-test ann --lane second")
@takes_config
@click.argument("user")
@click.option("--lane", default="first", type=click.Choice(["first", "second"]), help="The transport to use.")
def send_test(config: Path, user: str, lane: str) -> None:
    """Send USER a test mail now, bypassing the outbox, and report the outcome."""
    settings = _settings(config)
    known = {one.name: one for one in settings.users}
    if user not in known:
        names = ", ".join(known) or "nobody"
        raise click.UsageError(f"{config} has no user {user!r}; it has {names}")
    if lane == "second" and settings.smtp is None:
        raise click.UsageError(f"{config} has no second transport: `smtp:` is not set")
    direct_mail = _direct_mail(settings, config, by_second=lane == "second")
    _leave_with([_report_outcome(known[user], direct_mail.send_test(known[user], str(config)))])


@main.command(examples="marax-alertbridge preview /tmp/mails && xdg-open /tmp/mails/down-refused.html")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def preview(folder: Path) -> None:
    """Write a sample of every kind of mail into FOLDER, as .eml, .html and .txt."""
    from alertbridge.cli.preview import write_samples

    for name in write_samples(folder):
        click.echo(name)


@main.command(examples="marax-alertbridge explain k3f9q2m")
@takes_config
@click.argument("incident")
def explain(config: Path, incident: str) -> None:
    """Show the history of INCIDENT, by the id at the end of each mail: who was notified of what, and when."""
    from alertbridge.cli.outbox import print_incident

    print_incident(config, incident)


@main.group(
    examples="""
marax-alertbridge outbox list           pending and dead notices
marax-alertbridge outbox show 17        show one notice
marax-alertbridge outbox retry          retry all dead notices
marax-alertbridge outbox drop 17 18     never send these
"""
)
def outbox() -> None:
    """Inspect and repair the queue of notices, with the bridge running or stopped."""


@outbox.command("list", examples="marax-alertbridge outbox list --json")
@takes_config
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
@click.option("--all", "everything", is_flag=True, help="The newest 1,000 notices, sent ones too.")
def list_notices(config: Path, as_json: bool, everything: bool) -> None:  # noqa: FBT001 - flags
    """List the notices that are pending, being sent or dead."""
    from alertbridge.cli.outbox import print_list

    print_list(config, as_json=as_json, everything=everything)


@outbox.command(examples="marax-alertbridge outbox show 17")
@takes_config
@click.argument("notice", type=int)
def show(config: Path, notice: int) -> None:
    """Show all that is known about NOTICE, by its id in the list."""
    from alertbridge.cli.outbox import print_notice

    print_notice(config, notice)


@outbox.command(examples="marax-alertbridge outbox retry 17")
@takes_config
@click.argument("notices", type=int, nargs=-1)
def retry(config: Path, notices: tuple[int, ...]) -> None:
    """Retry dead NOTICES; all of them when none is named."""
    from alertbridge.cli.outbox import retry as retry_notices

    retry_notices(config, notices)


@outbox.command(examples="marax-alertbridge outbox drop 17 18")
@takes_config
@click.argument("notices", type=int, nargs=-1, required=True)
def drop(config: Path, notices: tuple[int, ...]) -> None:
    """Drop NOTICES that are pending or dead; they are never sent."""
    from alertbridge.cli.outbox import drop as drop_notices

    drop_notices(config, notices)


def _settings(config: Path) -> "BridgeSettings":
    from alertbridge.config.settings import read_config

    return read_config(config)


def _direct_mail(settings: "BridgeSettings", config: Path, *, by_second: bool) -> "DirectMail":
    from alertbridge.config.settings import read_secrets
    from alertbridge.wiring.mail import direct_mail_of

    return direct_mail_of(settings, read_secrets(settings, config), by_second=by_second)


def _report_outcome(user: "UserSettings", outcome: "Outcome") -> ExitCode:
    """Report the outcome of a mail to *user*; return the exit code."""
    from alertbridge.delivery.mailer import Accepted, Ambiguous, NotSent

    if isinstance(outcome, Accepted):
        click.echo(f"{user.name} <{user.email}>: accepted as {outcome.provider_id}")
        return ExitCode.FINE
    click.echo(f"{user.name} <{user.email}>: not accepted: {outcome.reason}")
    return ExitCode.CANNOT_REACH if isinstance(outcome, NotSent | Ambiguous) else ExitCode.FINDING


def _leave_with(codes: list[ExitCode]) -> None:
    raise click.exceptions.Exit(max(codes, default=ExitCode.FINE))

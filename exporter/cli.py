"""The command line of marax-exporter."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from marax.clock import SystemClock
from marax.commandline import ExitCode, log_level, program, takes_config
from marax.logs import log_to

if TYPE_CHECKING:  # what a command needs it imports, so that `--help` is quick
    from exporter.config import ExporterSettings
    from exporter.doctor.finding import Finding

_DEFAULT_PATH = "/etc/marax/exporter.yml"
_EXAMPLES = """
marax-exporter                                  serve on 127.0.0.1:9877
marax-exporter --config exporter.yml            serve with these settings
marax-exporter check-config                     check the settings file
marax-exporter metrics                          print what a scrape returns now
marax-exporter top                              show the processes that use the most CPU or memory
marax-exporter doctor                           check what it can see of this host
marax-exporter hash-password                    make a password hash for `users:`
"""


@program(_DEFAULT_PATH, _EXAMPLES)
def marax_exporter() -> None:
    """Export this host's CPU, memory and top processes to Prometheus.

    Without a command it serves. Without a settings file it uses the defaults. SIGHUP reloads the settings,
    SIGTERM stops it.
    """


@marax_exporter.command(examples="marax-exporter serve --config exporter.yml")
@takes_config
def serve(config: Path) -> None:
    """Serve /metrics until SIGTERM."""
    from exporter.wiring.serve import serve as serve_with

    log_to(level=log_level())
    serve_with(_reader(config, must_be_trusted=True))


@marax_exporter.command(
    examples="marax-exporter check-config --config exporter.yml && systemctl reload marax-exporter"
)
@takes_config
def check_config(config: Path) -> None:
    """Check the settings file and report every mistake in it, and what is dangerous about it."""
    from exporter.config import warnings_of

    for warning in warnings_of(_reader(config, must_be_trusted=True)()):
        click.echo(f"{config}: warning: {warning}", err=True)
    click.echo(f"{config}: fine" if config.exists() else f"{config} does not exist: the defaults are used")


@marax_exporter.command(examples="marax-exporter metrics | promtool check metrics")
@takes_config
def metrics(config: Path) -> None:
    """Print the metrics as a scrape returns them, and exit.

    Takes a second, as ratios need two readings. The log on stderr says what cannot be read.
    """
    from exporter.wiring.exporter import exposition

    log_to(level=log_level())
    settings = _reader(config)()
    click.echo("reading the host twice, a second apart ...", err=True)
    click.echo(exposition(settings), nl=False)


@marax_exporter.command(
    examples="""
marax-exporter top                               live, until q
marax-exporter top --once --sort mem --count 5   once, for a mail or a log
marax-exporter top --json | jq '.processes[0]'   once, for another program
"""
)
@click.option(
    "--sort", type=click.Choice(["cpu", "mem"]), default="cpu", show_default=True, help="Sort order."
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Show at most N processes.")
@click.option(
    "--interval",
    type=click.FloatRange(0.5, 3600),
    metavar="SECONDS",
    default=2.0,
    show_default=True,
    help="Time between two refreshes.",
)
@click.option("--once", "form", flag_value="text", help="Print once, as text, and exit.")
@click.option("--json", "form", flag_value="json", help="Print once, as JSON, and exit.")
@takes_config
def top(
    config: Path,
    sort: Literal["cpu", "mem"],
    count: int | None,
    interval: float,
    form: Literal["text", "json"] | None,
) -> None:
    """Show the processes that use the most CPU or memory.

    In a terminal the view is live: c and m sort by CPU and memory, q quits. Elsewhere it prints once, which
    takes a second. CPU is a share of the whole host over `processes.window` of the settings.
    """
    from exporter.top.showing import Wanted, show
    from exporter.wiring.tools import process_watch

    settings = _reader(config)().processes
    wanted = Wanted(by=sort, count=count, interval_seconds=interval, form=form or "live")
    show(process_watch(settings), wanted, SystemClock())


@marax_exporter.command(
    examples="""
marax-exporter doctor                          check this host
sudo -u marax-exporter marax-exporter doctor   check it as the user that serves
"""
)
@click.option("--json", "form", flag_value="json", help="Print a JSON list.")
@takes_config
def doctor(config: Path, form: Literal["json"] | None) -> None:
    """Report what the exporter cannot see or do on this host, and how to fix it.

    Exits with 1 if something that the settings ask for does not work.
    """
    from exporter.doctor.finding import as_json, as_lines

    findings = []
    for one in _findings(config):
        findings.append(one)
        if form != "json":
            click.echo(as_lines([one]))  # at once: the next may take its time
    if form == "json":
        click.echo(as_json(findings))
    if any(finding.verdict == "problem" for finding in findings):
        raise click.exceptions.Exit(ExitCode.FINDING)


@marax_exporter.command(
    examples="""
marax-exporter hash-password                          asks twice
pass show ann | marax-exporter hash-password          from a password manager
"""
)
def hash_password() -> None:
    """Ask for a password and print an entry for `users:` in the settings.

    Fill in the name and the role: viewer, operator or admin.
    """
    from exporter.access.passwords import hash_of

    password = _password()
    click.echo(f'- {{name: NAME, role: viewer, password_hash: "{hash_of(password).reveal()}"}}')


main = marax_exporter


def _reader(config: Path, *, must_be_trusted: bool = False) -> Callable[[], "ExporterSettings"]:
    """Return what reads *config* now and later; the default file may be missing, one asked for may not."""
    from exporter.config import ExporterSettings, read_config, read_trusted_config

    read_file = read_trusted_config if must_be_trusted else read_config
    context = click.get_current_context()
    asked_for = any(
        c.get_parameter_source("config") is ParameterSource.COMMANDLINE
        for c in (context, context.find_root())
    )

    def read() -> ExporterSettings:
        if not asked_for and not config.exists():
            return ExporterSettings()
        return read_file(config)

    return read


def _findings(config: Path) -> Iterator["Finding"]:
    from exporter.doctor.responsive import hanging_files, hanging_finding
    from exporter.host.files import PROCFS

    if hanging := hanging_files(PROCFS):
        yield hanging_finding(hanging)
        return
    from exporter.doctor.checks import settings_found
    from exporter.wiring.tools import examination

    settings, finding = settings_found(config, _reader(config))
    examined = examination(settings)
    yield finding
    yield from examined.findings()


def _password() -> bytes:
    """Return the password that is typed twice, or the one line from a pipe."""
    from exporter.access.passwords import LONGEST_PASSWORD_BYTES

    if sys.stdin.isatty():
        typed: str = click.prompt(
            "Password", hide_input=True, confirmation_prompt="Repeat password", err=True
        )
        password = typed.encode(errors="surrogateescape")
    else:
        password = sys.stdin.buffer.readline(LONGEST_PASSWORD_BYTES + 2).rstrip(b"\r\n")
    if not password or len(password) > LONGEST_PASSWORD_BYTES:
        raise click.UsageError(f"the password must be one line of 1 to {LONGEST_PASSWORD_BYTES} bytes")
    return password

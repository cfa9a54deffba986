"""`python -m bench`: runs the measurements, prints the table, writes docs/performance.md if told to."""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

import click

from bench.child import BenchError
from bench.figures import Row
from bench.machine import load, machine
from bench.measurements import attribution, cost, crash, latency, memory, scan, storm, webhook
from bench.report import as_markdown, as_text, is_finding, with_figures
from bench.stage import FULL, QUICK, Stage
from marax.clock import SystemClock
from scripts.stack.part import PartError

_MEASUREMENTS = {
    "scan": scan.measure,
    "cost": cost.measure,
    "memory": memory.measure,
    "latency": latency.measure,
    "attribution": attribution.measure,
    "storm": storm.measure,
    "webhook": webhook.measure,
    "crash": crash.measure,
}
_PAGE = Path(__file__).parents[1] / "docs/performance.md"
_LONGEST_SECONDS = 1800
_MISSED, _USAGE, _CANNOT = 1, 2, 4

_EXAMPLES = """\b
Examples:
  scripts/bench                         all of it, about twenty minutes
  scripts/bench --quick                 a first impression in four
  scripts/bench --only scan --only cost some of it
  scripts/bench --write                 all of it, and into docs/performance.md

Starts thousands of idle processes and ends them again. Progress goes to stderr, the table to stdout.

Exit codes: 0 every mark was met, 1 one was missed, 2 wrong use, 4 something could not be started.
"""


@click.command(help=_EXAMPLES)
@click.option("--quick", is_flag=True, help="Measure less, and so less surely.")
@click.option("--only", "names", multiple=True, type=click.Choice(list(_MEASUREMENTS)), help="Measure this.")
@click.option("--write", is_flag=True, help="Put the table into docs/performance.md.")
def main(*, quick: bool, names: tuple[str, ...], write: bool) -> None:
    """Measure."""
    if write and (quick or names):
        raise click.UsageError("--write is for the whole table: leave --quick and --only out")
    began = f"{datetime.fromtimestamp(SystemClock().unix_seconds(), UTC):%Y-%m-%d}, {load()} when it began"
    try:
        with _ending_on_signals(), tempfile.TemporaryDirectory(prefix="marax-bench-") as folder:
            stage = Stage(scale=QUICK if quick else FULL, folder=Path(folder), say=_say)
            rows = [row for name in names or _MEASUREMENTS for row in _told(_MEASUREMENTS[name], stage)]
    except (BenchError, PartError) as error:
        click.echo(f"marax: {error}", err=True)
        sys.exit(_CANNOT)
    when = f"{began}, {load()} when it ended"
    click.echo(f"\n{machine()}\n{when}\n\n{as_text(rows)}")
    if write:
        figures = f"Measured on {machine()}; {when}.\n\n{as_markdown(rows)}"
        _PAGE.write_text(with_figures(_PAGE.read_text(), figures))
    sys.exit(_MISSED if is_finding(rows) else 0)


def _told(measure: Callable[[Stage], Iterator[Row]], stage: Stage) -> Iterator[Row]:
    for row in measure(stage):
        stage.say(f"  {row.what} [{row.against}]: {row.figure}, {row.verdict.value}")
        yield row


def _say(line: str) -> None:
    click.echo(f"marax: {line}", err=True)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Have a signal, or the end of half an hour, end the bench with all its processes."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, _leave)
    signal.alarm(_LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def _leave(number: int, _frame: object) -> Never:
    if number == signal.SIGALRM:
        raise BenchError("this machine is too busy: not done within half an hour")
    sys.exit(128 + number)


if __name__ == "__main__":
    main()

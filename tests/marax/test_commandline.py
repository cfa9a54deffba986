import errno
import logging
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from marax.commandline import log_level, program
from tests.waiting import PATIENCE_SECONDS


@program("/etc/marax/nothing.yml", examples="toy")
def toy() -> None:
    """Say what it would log."""


@toy.command(examples="toy serve")
@click.option("--config")
def serve(config: str) -> None:
    """Serve."""
    click.echo(f"{config} {logging.getLevelName(log_level())}")


@toy.group(examples="toy box say")
def box() -> None:
    """Hold a command."""


@box.command(examples="toy box say")
def say() -> None:
    """Say it."""
    click.echo(logging.getLevelName(log_level()))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(toy, arguments)


@pytest.mark.parametrize(
    ("arguments", "level"),
    [
        ([], "INFO"),
        (["serve"], "INFO"),
        (["--log-level", "debug"], "DEBUG"),
        (["--log-level", "warning", "serve"], "WARNING"),
        (["serve", "--log-level", "error"], "ERROR"),
        (["--log-level", "error", "serve", "--log-level", "debug"], "DEBUG"),
        (["box", "--log-level", "error", "say"], "ERROR"),
        (["box", "say", "--log-level", "debug"], "DEBUG"),
    ],
)
def test_the_log_level_stands_before_or_after_the_command(arguments: list[str], level: str):
    said = run(*arguments)

    assert said.exit_code == 0
    assert said.output.split()[-1] == level


@pytest.mark.parametrize("arguments", [["--log-level", "loud"], ["box", "say", "--log-level", "INFO"]])
def test_an_unknown_log_level_ends_with_2(arguments: list[str]):
    said = run(*arguments)

    assert said.exit_code == 2
    assert "is not one of 'debug', 'info', 'warning', 'error'" in said.output


def test_help_shows_the_levels_and_the_default():
    said = run("--help").output

    assert "--log-level [debug|info|warning|error]" in said
    assert "[default: info]" in said


PROGRAMS = ("marax-exporter", "marax-alertbridge")


@pytest.mark.system
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    ("redirected", "reason"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
    ids=["a full disk", "stdout is closed"],
)
def test_both_programs_say_that_they_cannot_write(name: str, redirected: str, reason: str):
    program_path = Path(sys.executable).with_name(name)
    command = ["sh", "-c", f'exec "$0" --help {redirected}', str(program_path)]

    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)

    assert (said.returncode, said.stdout, said.stderr) == (4, "", f"cannot write the output: {reason}\n")


@pytest.mark.system
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_reader_that_goes_away_is_no_failure_to_tell_of(name: str):
    program_path = Path(sys.executable).with_name(name)
    command = ["sh", "-c", '"$0" --help | true', str(program_path)]

    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)

    assert said.stderr == ""


def test_an_error_about_a_file_is_not_taken_for_one_of_the_output():
    @toy.command(examples="toy fail")
    def fail() -> None:
        """Fail."""
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/x")

    with pytest.raises(OSError, match="/var/lib/x"):
        CliRunner().invoke(toy, ["fail"], catch_exceptions=False)

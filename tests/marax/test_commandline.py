import logging

import click
import pytest
from click.testing import CliRunner, Result

from marax.commandline import log_level, program


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

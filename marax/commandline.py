"""What the command lines of both programs share: exit codes, `--config`, examples first in `--help`."""

from collections.abc import Callable
from enum import IntEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Never, TypeVar

import click

from marax.settings.reader import SettingsError

Command = TypeVar("Command", bound=Callable[..., Any])


class ExitCode(IntEnum):
    """What a program of marax ends with."""

    FINE = 0
    FINDING = 1
    USAGE = 2
    INVALID_CONFIG = 3
    CANNOT_REACH = 4


class CannotReachError(Exception):
    """An address, a server or a store that the command needs cannot be had; says which, and the next step."""


class _ExamplesFirst(click.Command):
    """A command whose help begins with what people type."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_text("\b\n" + self.examples.strip("\n"))
        super().format_help(ctx, formatter)


class ExampledCommand(_ExamplesFirst):
    """A subcommand, `@program.command(cls=ExampledCommand, examples=...)`."""


class ExampledGroup(_ExamplesFirst, click.Group):
    """A subcommand that has subcommands of its own, `@program.group(examples=...)`."""

    command_class = ExampledCommand


class Program(ExampledGroup):
    """A command line that serves unless told otherwise, and turns known errors into exit codes."""

    group_class = ExampledGroup

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            _leave(str(error), ExitCode.INVALID_CONFIG)
        except CannotReachError as error:
            _leave(str(error), ExitCode.CANNOT_REACH)


def program(default_config: str, examples: str) -> Callable[[Callable[..., Any]], Program]:
    """Return a decorator that makes a program: `--config` and `--version`, and `serve` by default.

    The decorated function gives the program its help text; its body is never run.
    """

    def decorate(described: Callable[..., Any]) -> Program:
        @click.pass_context
        def serve_by_default(ctx: click.Context, /, **_options: object) -> None:
            if ctx.invoked_subcommand is None:
                ctx.invoke(made.commands["serve"], config=ctx.params["config"])

        made = Program(
            name=described.__name__.replace("_", "-"),
            callback=serve_by_default,
            help=described.__doc__,
            examples=examples,
            invoke_without_command=True,
            params=[_config_parameter(default_config)],
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        )
        return click.version_option(version("marax"), prog_name="marax")(made)

    return decorate


def takes_config(command: Command) -> Command:
    """Give *command* a `--config` of its own, so that it may stand before or after the command's name."""
    inherited = click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        default=lambda: click.get_current_context().find_root().params["config"],
        help="Settings file.",
    )
    return inherited(command)


def _config_parameter(default: str) -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        default=default,
        show_default=True,
        help="Settings file.",
    )


def _leave(message: str, code: ExitCode) -> Never:
    click.echo(message, err=True)
    raise click.exceptions.Exit(code)

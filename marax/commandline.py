"""What the command lines of both programs share: exit codes, `--config`, `--log-level`, examples first."""

import errno
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Never, TextIO, TypeVar, cast

import click

from marax.settings.mistakes import SettingsError

Command = TypeVar("Command", bound=Callable[..., Any])

_LOG_LEVELS = ("debug", "info", "warning", "error")
_CANNOT_WRITE = frozenset({errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC})
_LOG_LEVEL = f"{__name__}.log_level"


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
    """A command whose help begins with what people type; `--log-level` may stand after it or before."""

    default_log_level: str | None = None

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.append(_log_level_parameter(self.default_log_level))

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
    """A command line that serves by default and turns known errors into exit codes.

    Standard streams that are closed, or cannot be written to, are known errors as well.
    """

    group_class = ExampledGroup
    default_log_level = "info"

    def main(self, *args: Any, **kwargs: Any) -> Any:
        open_closed_streams()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if error.filename is not None or error.errno not in _CANNOT_WRITE:
                raise
            _give_up_writing(error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            _leave(str(error), ExitCode.INVALID_CONFIG)
        except CannotReachError as error:
            _leave(str(error), ExitCode.CANNOT_REACH)


def program(default_config: str, examples: str) -> Callable[[Callable[..., Any]], Program]:
    """Return a decorator that makes a program: `--config`, `--log-level`, `--version`, `serve` by default.

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


def log_level() -> int:
    """Return the level that the running command is to log from."""
    name: str = click.get_current_context().meta[_LOG_LEVEL]
    return logging.getLevelNamesMapping()[name.upper()]


def _log_level_parameter(default: str | None) -> click.Option:
    def note(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta[_LOG_LEVEL] = value  # which a command shares with the program

    return click.Option(
        ["--log-level"],
        type=click.Choice(_LOG_LEVELS),
        default=default,
        show_default=True,
        expose_value=False,
        callback=note,
        help="Log messages of this level and above.",
    )


def _config_parameter(default: str) -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        default=default,
        show_default=True,
        help="Settings file.",
    )


def open_closed_streams() -> None:
    """Give this process the standard streams that it was started without.

    Nothing can be read from stdin then, stdout refuses what is written to it, stderr takes it. No file or
    connection is opened in their place.
    """
    if sys.stdin is None:
        sys.stdin = _opened(os.O_RDONLY, 0, "r")
    if sys.stdout is None:
        sys.stdout = _opened(os.O_RDONLY, 1, "w")
    if sys.stderr is None:
        sys.stderr = _opened(os.O_WRONLY, 2, "w")


def _opened(flags: int, number: int, mode: str) -> TextIO:
    descriptor = os.open(os.devnull, flags)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    return cast("TextIO", os.fdopen(number, mode, closefd=False))


def _give_up_writing(error: OSError) -> Never:
    _opened(os.O_WRONLY, 1, "w")  # takes what is still buffered
    with suppress(OSError):
        click.echo(f"cannot write the output: {error.strerror}", err=True)
    sys.exit(ExitCode.CANNOT_REACH)


def _leave(message: str, code: ExitCode) -> Never:
    click.echo(message, err=True)
    raise click.exceptions.Exit(code)

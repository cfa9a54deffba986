"""What each program really has: settings, commands, options. And where that is documented."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from alertbridge.cli.main import main as marax_alertbridge
from alertbridge.config.settings import BridgeSettings
from exporter.cli import main as marax_exporter
from exporter.config import ExporterSettings
from marax.commandline import ExitCode, Program
from tests.docs.pages import DOCS, ROOT, Page

EVERYWHERE = {"--config", "--log-level", "--help"}


@dataclass(frozen=True)
class Documented:
    """One program, and the pages that describe it."""

    name: str
    package: str
    command_line: Program
    settings: type[msgspec.Struct]
    page_names: tuple[str, ...]

    def __str__(self) -> str:
        return self.name

    @property
    def pages(self) -> tuple[Page, ...]:
        """Those of its pages that there are."""
        return tuple(Page(DOCS / name) for name in self.page_names if (DOCS / name).exists())

    def exit_codes(self) -> set[str]:
        """Return the codes that it can end with; that of a finding only if its source speaks of findings."""
        source = "".join(path.read_text() for path in (ROOT / self.package).rglob("*.py"))
        never = set() if "ExitCode.FINDING" in source else {ExitCode.FINDING}
        return {str(int(code)) for code in set(ExitCode) - never}


BRIDGE = Documented(
    name="marax-alertbridge",
    package="alertbridge",
    command_line=marax_alertbridge,
    settings=BridgeSettings,
    page_names=("alertbridge.md",),
)
EXPORTER = Documented(
    name="marax-exporter",
    package="exporter",
    command_line=marax_exporter,
    settings=ExporterSettings,
    page_names=("exporter.md", "api.md", "commands.md"),
)
PROGRAMS = (BRIDGE, EXPORTER)


def settings_keys(shape: Any, at: str = "") -> Iterator[str]:
    """Yield every key below *shape* that holds a value, as `hosts[].name` or `parameters.NAME.choice`."""
    struct = _struct_in(shape)
    if struct is None:
        yield at
        return
    if at:
        at += {tuple: "[].", list: "[].", dict: ".NAME."}.get(_container_of(shape), ".")
    for field in msgspec.structs.fields(struct):
        yield from settings_keys(field.type, at + field.encode_name)


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below *group*, named as people type it."""
    for command in group.commands.values():
        full_name = f"{name} {command.name}"
        if isinstance(command, click.Group):
            yield from commands(command, full_name)
        else:
            yield full_name, command


def own_options(command: click.Command) -> set[str]:
    """Return the long options that *command* has beyond those that all commands have."""
    context = click.Context(command)
    names = (opt for param in command.get_params(context) for opt in param.opts + param.secondary_opts)
    return {name for name in names if name.startswith("--")} - EVERYWHERE


def invocations(shell: str) -> Iterator[tuple[Documented, list[str]]]:
    """Yield each run of one of our programs in *shell* text: the program and its arguments."""
    by_name = {program.name: program for program in PROGRAMS}
    for line in shell.replace("\\\n", " ").splitlines():
        for command in map(_without_prefix, _simple_commands(line)):
            name = Path(command[0]).name if command else ""
            if name in by_name:
                yield by_name[name], command[1:]


def parse(group: click.Group, arguments: list[str], parent: click.Context | None = None) -> None:
    """Read *arguments* as *group* does, and run nothing.

    Raises:
        click.UsageError: They are wrong.
    """
    context = click.Context(group, info_name=group.name, parent=parent, **group.context_settings)
    context.allow_interspersed_args = False
    rest = click.Command.parse_args(group, context, arguments)
    if not rest:
        return
    name, command, rest = group.resolve_command(context, rest)
    if isinstance(command, click.Group):
        parse(command, rest, context)
    elif command is not None:
        command.make_context(name, rest, parent=context)


def _simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the commands of a line of shell: what stands between `|`, `&&`, `;` and redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command: list[str] = []
    for word in _words(lexer):
        if re.fullmatch(r"[();<>|&]+", word):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _without_prefix(command: list[str]) -> list[str]:
    """Return *command* as the shell that runs it in the end sees it: without a prompt, `sudo`, `ssh HOST`."""
    match command:
        case ["$" | "sudo", *rest] | ["ssh", _, *rest]:
            return _without_prefix(rest)
        case _:
            return command


def _words(lexer: shlex.shlex) -> Iterator[str]:
    try:
        yield from lexer
    except ValueError:  # prose with an apostrophe, or a quotation over several lines
        return


def _struct_in(shape: Any) -> type[msgspec.Struct] | None:
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return shape
    return next(filter(None, map(_struct_in, get_args(shape))), None)


def _container_of(shape: Any) -> Any:
    """Return tuple, list or dict where *shape* is one of them, whatever is wrapped around it."""
    if getattr(shape, "__origin__", None) in (tuple, list, dict):
        return shape.__origin__
    return next(filter(None, map(_container_of, get_args(shape))), None)

"""What is valid in a catalogue, but dangerous."""

import os
import pwd
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from exporter.commands.file_trust import changeable_place
from exporter.commands.parameters import Parameter
from exporter.commands.settings import Command

_CODE_OPTIONS = {
    re.compile(r"(?:ba|da|k|mk|z|fi|c|tc)?sh|busybox|python[0-9.]*"): re.compile("-[A-Za-z]*c"),
    re.compile(r"perl[0-9.]*|ruby[0-9.]*|node|nodejs|lua[0-9.]*|php[0-9.]*"): re.compile("-[A-Za-z]*[eEr]"),
}
_LONGEST_TRIED = 64
_FILLS = "aA0./-_ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """Something to think over.

    Attributes:
        key: Where in the settings, as `commands[0].argv[1]`.
        text: What may happen, and what helps.
    """

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


def dangers_in(commands: Sequence[Command]) -> list[Danger]:
    """Return what is dangerous about *commands*; looks for their programs and users on this host."""
    return [
        Danger(key=f"commands[{number}]{key}", text=text)
        for number, command in enumerate(commands)
        for key, text in _dangers(command)
    ]


def _dangers(command: Command) -> Iterator[tuple[str, str]]:
    for text in _of_program(Path(command.argv[0])):
        yield ".argv[0]", text
    for place, file in _changeable(command):
        yield f".argv[{place}]", f"other users can modify {file}: if it is a script, they decide what runs"
    for place, interpreter in _code_given(command.argv):
        yield f".argv[{place}]", f"passes code to {interpreter}: run a program that does one thing instead"
    for name, parameter in command.parameters.items():
        for text in _of_parameter(parameter, is_bare=name in command.bare()):
            yield f".parameters.{name}", text
    if command.time_limit is None:
        yield (
            "",
            f"has no time_limit, so the default of {command.time_limit_seconds:.0f}s applies: set one",
        )
    if command.run_as is not None and not _is_user(command.run_as):
        yield ".run_as", "there is no such user on this host, so the command cannot be run"


def _of_program(program: Path) -> Iterator[str]:
    if not program.exists():
        yield f"{program} does not exist"
    elif not program.is_file() or not os.access(program, os.X_OK):
        yield f"{program} is not an executable file"


def _changeable(command: Command) -> Iterator[tuple[int, Path]]:
    """Yield the files that the program is given, as far as others may change them."""
    for place, word in enumerate(command.argv[1:], start=1):
        if word.startswith("/") and Path(word).is_file():
            found = changeable_place(Path(word), run_as=command.run_as)
            if found is not None:
                yield place, found


def _code_given(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    for place, word in enumerate(argv):
        name = Path(word).name
        options = list(takewhile(lambda following: following.startswith("-"), argv[place + 1 :]))
        for interpreter, code_option in _CODE_OPTIONS.items():
            if interpreter.fullmatch(name) and any(map(code_option.fullmatch, options)):
                yield place, name


def _of_parameter(parameter: Parameter, *, is_bare: bool) -> Iterator[str]:
    remedy = "put `--` before it in argv, or write `--option={x}`"
    if parameter.pattern and is_bare and _matches_option(parameter):
        yield f"may match a value that begins with '-', which is refused: {remedy}"
    elif parameter.integer and is_bare and parameter.integer[0] < 0:
        yield f"may be negative and be taken for an option: {remedy}"


def _matches_option(parameter: Parameter) -> bool:
    """Return whether the pattern matches any of many texts that begin with '-'."""
    lengths = range(min(parameter.longest, _LONGEST_TRIED))
    texts = (start + fill * length for start in ("-", "--") for length in lengths for fill in _FILLS)
    return any(parameter.text_of(text) is not None for text in texts)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True

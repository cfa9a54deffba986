"""What may be run: `commands:` in exporter.yml."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

import msgspec

from exporter.commands.parameters import Parameter
from marax.settings.durations import BoundedSeconds

MOST_AT_ONCE = 4  # of the eight threads that answer requests, so that half are left for the others
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_]+)\}")
_OPTION = re.compile(r"(--?[A-Za-z0-9][A-Za-z0-9_-]*=)\{([A-Za-z0-9_]+)\}")
_PARAMETER_NAME = re.compile("[a-z][a-z0-9_]{0,31}")
_SIZE = re.compile("([0-9]{1,9})(KiB|MiB)?")
_UNIT_BYTES = {None: 1, "KiB": 1024, "MiB": 1024 * 1024}
_USUAL_SECONDS = 30.0
_LONGEST_ELEMENT = 4096

CommandName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z][a-z0-9_-]{0,39}\Z",
        description="a name of at most 40 lower-case letters, digits, - and _, beginning with a letter",
    ),
]
UserName = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z", description="the name of a user")
]
About = Annotated[str, msgspec.Meta(max_length=200, description="a line of at most 200 characters")]
AtOnce = Annotated[
    int, msgspec.Meta(ge=1, le=MOST_AT_ONCE, description=f"a whole number from 1 to {MOST_AT_ONCE}")
]


class OutputLimit(int):
    """A number of bytes, as `256KiB`."""

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the size that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        match = _SIZE.fullmatch(str(value)) if isinstance(value, str | int) else None
        size = int(match[1]) * _UNIT_BYTES[match[2]] if match else 0
        if not _UNIT_BYTES["KiB"] <= size <= _UNIT_BYTES["MiB"]:
            raise ValueError("a size from 1KiB to 1MiB")
        return cls(size)


class TimeLimit(BoundedSeconds):
    """How long a command may take."""

    shortest_seconds = 0.1
    longest_seconds = 3600.0
    spelled = "from 100ms to 1h"


class Element(str):
    """One element of a command's argv: a text, `{x}`, or `--option={x}`.

    Attributes:
        prefix: What stands before the placeholder.
        placeholder: The parameter that fills the element; None for a text.
    """

    prefix: str
    placeholder: str | None

    def __new__(cls, text: str) -> Self:
        element = super().__new__(cls, text)
        match = _PLACEHOLDER.fullmatch(text)
        option = _OPTION.fullmatch(text)
        element.prefix = option[1] if option else ""
        element.placeholder = match[1] if match else option[2] if option else None
        return element

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the element that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        if not isinstance(value, str) or "\0" in value or len(value) > _LONGEST_ELEMENT:
            raise ValueError("text; numbers in quotes")
        element = cls(value)
        if element.placeholder is None and _PLACEHOLDER.search(value):
            raise ValueError("a placeholder that fills the whole element, or --option={x}")
        return element


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the catalogue.

    Attributes:
        name: What it is asked for by.
        about: A line for people.
        argv: An absolute program and its arguments.
        parameters: What fills the placeholders in *argv*.
        role: The least that may run it.
        time_limit: After it the command and all that it has started is ended; None if not set.
        output_limit_bytes: What is kept of its output.
        at_once: How many may run at the same time.
        run_as: The user to run it as; None for the exporter's own.
    """

    name: CommandName
    about: About = ""
    argv: tuple[Element, ...]
    parameters: dict[str, Parameter] = {}
    role: Literal["operator", "admin"] = "admin"
    time_limit: TimeLimit | None = None
    output_limit_bytes: OutputLimit = msgspec.field(name="output_limit", default=OutputLimit(256 * 1024))
    at_once: AtOnce = 1
    run_as: UserName | None = None

    @property
    def time_limit_seconds(self) -> float:
        """How long it may take."""
        return _USUAL_SECONDS if self.time_limit is None else float(self.time_limit)

    def bare(self) -> Iterator[str]:
        """Yield each parameter that fills an element where programs expect options: no `--` comes before."""
        for element in self.argv:
            if element == "--":
                return
            if element.placeholder and not element.prefix:
                yield element.placeholder

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what does not go together, as key, found and expected."""
        yield from self._mistakes_in_argv()
        used = {element.placeholder for element in self.argv}
        for name in self.parameters:
            if not _PARAMETER_NAME.fullmatch(name):
                expected = "at most 32 lower-case letters, digits and _, beginning with a letter"
                yield f"parameters.{name}", "this name", expected
            elif name not in used:
                yield f"parameters.{name}", "a parameter that argv does not use", f"{{{name}}} in argv"

    def _mistakes_in_argv(self) -> Iterator[tuple[str, str, str]]:
        if not self.argv:
            yield "argv", "an empty list", "a program and its arguments"
        elif self.argv[0].placeholder or not self.argv[0].startswith("/"):
            yield "argv[0]", repr(str(self.argv[0])), "the absolute path of a program"
        for place, element in enumerate(self.argv):
            if element.placeholder and element.placeholder not in self.parameters:
                expected = f"{element.placeholder!r} among the parameters"
                yield f"argv[{place}]", f"{{{element.placeholder}}}", expected

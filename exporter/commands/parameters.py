"""The parameters of commands: what may stand in the settings, and which arguments they take.

An argument is checked by type and as a whole, and is never changed on its way to the program.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Self

import msgspec

from exporter.commands.linear_regex import MOST_STEPS, Expression

USUAL_MAX_LENGTH = 64
_LONGEST_PATTERN = 10_000
_LARGEST_INTEGER = 2**53 - 1  # beyond it, JSON clients disagree on what a number is
_LONGEST_CHOICE = 1024


class Choices(tuple[str, ...]):
    """The arguments that a parameter takes, all of them."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the choices that *value* lists.

        Raises:
            ValueError: Saying what was expected.
        """
        texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
        is_sound = len(set(texts)) == len(texts) and all(map(_is_choice, texts))
        if not isinstance(value, list) or not texts or len(texts) != len(value) or not is_sound:
            raise ValueError(
                "a list of distinct texts, with numbers in quotes, such as [nginx.service, '80']"
            )
        return cls(texts)


class Bounds(tuple[int, int]):
    """The smallest and the largest integer that a parameter takes."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the bounds that *value* lists.

        Raises:
            ValueError: Saying what was expected.
        """
        match value:
            case [int(least), int(most)] if -_LARGEST_INTEGER <= least <= most <= _LARGEST_INTEGER:
                if not isinstance(least, bool) and not isinstance(most, bool):
                    return cls((least, most))
        raise ValueError("two whole numbers, the smaller one first, such as [1, 100]")


class Pattern(str):
    """A regular expression that the whole of an argument must match, in the syntax of `Expression`."""

    expression: Expression

    def __new__(cls, text: str) -> Self:
        pattern = super().__new__(cls, text)
        pattern.expression = Expression(text)
        return pattern

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the pattern that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        if not isinstance(value, str) or not value:
            raise ValueError("a regular expression, such as '[a-z]+'")
        if len(value) > _LONGEST_PATTERN:
            raise ValueError(f"a regular expression of at most {_LONGEST_PATTERN} characters")
        try:
            return cls(value)
        except (ValueError, re.error, OverflowError) as error:
            raise ValueError(f"a regular expression ({error})") from error


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a command takes in one place: one of *choice*, *integer* and *pattern*.

    Attributes:
        choice: Texts.
        integer: A JSON integer within bounds that include both ends.
        pattern: A text of at most *max_length* characters: printable ones only, in the one form of several
            (NFC) that Unicode prefers.
    """

    choice: Choices | None = None
    integer: Bounds | None = None
    pattern: Pattern | None = None
    max_length: (
        Annotated[int, msgspec.Meta(ge=1, le=4096, description="a whole number from 1 to 4096")] | None
    ) = None

    @property
    def longest(self) -> int:
        """How many characters an argument that matches the pattern may have."""
        return self.max_length or USUAL_MAX_LENGTH

    @property
    def expected(self) -> str:
        """What is expected of an argument, in words."""
        if self.choice:
            return f"one of {', '.join(self.choice)}"
        if self.integer:
            return "a whole number from {} to {}".format(*self.integer)
        return f"text of at most {self.longest} characters that matches {self.pattern} as a whole"

    def text_of(self, argument: object) -> str | None:
        """Return *argument*, a value from JSON, as the program is to get it; None if it does not fit."""
        match argument:
            case bool():
                return None
            case int() if self.integer:
                least, most = self.integer
                return str(argument) if least <= argument <= most else None
            case str() if self.choice:
                return argument if argument in self.choice else None
            case str() if self.pattern:
                fits = len(argument) <= self.longest and _is_plain(argument)
                return argument if fits and self.pattern.expression.matches(argument) else None
            case _:
                return None

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what does not go together, as key, found and expected."""
        kinds = [kind for kind in ("choice", "integer", "pattern") if getattr(self, kind) is not None]
        if len(kinds) != 1:
            yield "", " and ".join(kinds) or "none of them", "one of choice, integer and pattern"
        elif self.max_length is not None and self.pattern is None:
            yield "max_length", str(self.max_length), "this key only with pattern"
        elif self.pattern is not None and self.pattern.expression.places * self.longest > MOST_STEPS:
            most = MOST_STEPS // self.pattern.expression.places
            yield "pattern", "a pattern that may take long", f"a simpler one, or max_length: {most} or less"


def _is_plain(text: str) -> bool:
    return text.isprintable() and unicodedata.is_normalized("NFC", text)


def _is_choice(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_CHOICE and text.isprintable()

"""What is wrong with a settings file, and what is only doubtful."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong with a settings file, which cannot be used for it.

    Attributes:
        file: The settings file.
        line: Counted from 1; 0 when it concerns the whole file.
        key: Where in the file, as `users[0].email`; empty for the whole file.
        found: What stands there, shortened.
        expected: What should stand there.
    """

    file: Path
    line: int
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return (
            f"{_place(self.file, self.line)}: {_named(self.key)}found {self.found}, expected {self.expected}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsWarning:
    """What can be used, but is probably not meant, or is dangerous.

    Attributes:
        file: The settings file.
        line: Counted from 1; 0 when it concerns the whole file, or what is not in it.
        key: Where in the file, as `users[0].hosts`.
        words: What is doubtful, and what comes of it.
    """

    file: Path
    line: int
    key: str
    words: str

    def __str__(self) -> str:
        return f"{_place(self.file, self.line)}: warning: {_named(self.key)}{self.words}"


class SettingsError(Exception):
    """A settings file cannot be used; says every mistake in it, one a line, or how many more there are.

    Attributes:
        mistakes: Those that are told.
        lines: They in words, and how many are left out.
    """

    def __init__(self, mistakes: Sequence[Mistake], *, left_out: int = 0) -> None:
        self.mistakes = tuple(mistakes)
        more = (f"and {left_out:,} more {'mistake' if left_out == 1 else 'mistakes'}",) if left_out else ()
        self.lines = (*map(str, self.mistakes), *more)
        super().__init__("\n".join(self.lines))


def _place(file: Path, line: int) -> str:
    return f"{file}:{line}" if line else f"{file}"


def _named(key: str) -> str:
    return f"{key}: " if key else ""

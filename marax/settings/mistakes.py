"""What is wrong with a settings file, and what is only doubtful."""

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
    """A settings file cannot be used; says every mistake in it, one a line."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def _place(file: Path, line: int) -> str:
    return f"{file}:{line}" if line else f"{file}"


def _named(key: str) -> str:
    return f"{key}: " if key else ""

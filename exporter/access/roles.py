"""What a user may do, in three steps."""

from enum import IntEnum
from typing import Self


class Role(IntEnum):
    """A role; each may do what those below it may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the role that *value* names.

        Raises:
            ValueError: Saying what was expected.
        """
        found = next((role for role in cls if str(role) == value), None)
        if found is None:
            raise ValueError(f"one of {', '.join(map(str, cls))}")
        return found

"""What a user may do, in three steps."""

from enum import Enum
from functools import total_ordering
from typing import Self


@total_ordering
class Role(Enum):
    """A role; each may do what those before it may: `Role.VIEWER < Role.OPERATOR < Role.ADMIN`."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def __str__(self) -> str:
        return self.value

    def __lt__(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) < order.index(other)

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the role that *value* names.

        Raises:
            ValueError: Saying what was expected.
        """
        try:
            return cls(value)
        except ValueError as error:
            raise ValueError(f"one of {', '.join(map(str, cls))}") from error

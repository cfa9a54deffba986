"""Durations in settings that have a shortest and a longest."""

from typing import ClassVar, Self

from marax.durations import Seconds


class BoundedSeconds(Seconds):
    """A duration within bounds that include both ends."""

    shortest_seconds: ClassVar[float]
    longest_seconds: ClassVar[float]
    spelled: ClassVar[str]

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the duration that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        try:
            seconds = super().from_setting(value)
        except ValueError as error:
            raise ValueError(f"a duration {cls.spelled}") from error
        if not cls.shortest_seconds <= seconds <= cls.longest_seconds:
            raise ValueError(f"a duration {cls.spelled}")
        return seconds

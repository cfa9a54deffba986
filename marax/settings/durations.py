"""Durations as Prometheus writes them: `15s`, `1h30m`, `500ms`."""

import re
from typing import ClassVar, Self

_UNIT_SECONDS = {
    "y": 365 * 86400.0,
    "w": 7 * 86400.0,
    "d": 86400.0,
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 0.001,
}
# https://prometheus.io/docs/prometheus/latest/configuration/configuration/: units once each, largest first
_SHAPE = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in _UNIT_SECONDS))


class Seconds(float):
    """A length of time in seconds, written in settings as Prometheus writes durations."""

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the duration that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        match = _SHAPE.fullmatch(value) if isinstance(value, str) and value else None
        if match is None:
            raise ValueError("a duration such as 500ms, 15s, 5m or 1h30m")
        counts = zip(match.groups(default="0"), _UNIT_SECONDS.values(), strict=True)
        return cls(sum(int(count) * unit_seconds for count, unit_seconds in counts))


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


def spoken(seconds: float) -> str:
    """Return *seconds* as a person says it, two units at most: `14 min`, `1 h 5 min`, `3 d 2 h`."""
    whole = max(0, round(seconds))
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    parts: list[tuple[int, str]] = []
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count)

"""What goes wrong in a run of the model, and when: a list of small values that prints as it is written.

Times are seconds since the script began; before that, all has been well for a while.
Everything ends by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

START_UNIX_SECONDS = 1_790_000_000.0  # when a script begins
EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fault:
    """Something that goes wrong *at* a moment, and lasts for so many *seconds*."""

    at: int
    seconds: int

    @property
    def end(self) -> int:
        """When it is over."""
        return self.at + self.seconds

    def lasts(self, moment: float) -> bool:
        """Return whether it goes on at that *moment*."""
        return self.at <= moment < self.end

    def __repr__(self) -> str:
        """Return what makes the same again; members of enums by their values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = {name: str(one) if isinstance(one, StrEnum) else one for name, one in values.items()}
        return f"{type(self).__name__}({', '.join(f'{name}={one!r}' for name, one in shown.items())})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Away(Fault):
    """The *host* answers no scrape."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Busy(Fault):
    """The CPU of the *host* is used up."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Removed(Fault):
    """Prometheus is told not to scrape the *host*."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Renamed(Fault):
    """Prometheus is told that what it scrapes at the address of the *host* has another name."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Killed(Fault):
    """A *part* of the monitoring dies (`kill -9`), or `everything`, and is started again in the end."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Stopped(Fault):
    """A *part* of the monitoring is stopped in order, and is started again in the end."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Stalled(Fault):
    """A *part* of the monitoring stands still (SIGSTOP)."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Suspended(Fault):
    """The machine with all of the monitoring stands still, its monotonic clock too."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cut(Fault):
    """The *one* does not reach the *other*, nor the other way round."""

    one: str
    other: str


class Deed(StrEnum):
    """What the bridge has just done when it dies."""

    COMMITTED = "committed"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DiesOnce(Fault):
    """The bridge dies the first time that it has done a *deed*, and is started again in the end."""

    deed: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MailAway(Fault):
    """The mail service cannot be reached."""


Script = Sequence[Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How many there are of what.

    Attributes:
        hosts: What is watched.
        prometheis: Who watches.
        alertmanagers: To whom all of them send, a cluster.
        is_sharded: Whether each host is watched by only one Prometheus, which names itself in its alerts.
        names_only_first: Whether the settings of the bridge name only the first Prometheus, and not all.
    """

    hosts: int = 3
    prometheis: int = 1
    alertmanagers: int = 1
    is_sharded: bool = False
    names_only_first: bool = False

    @property
    def host_names(self) -> list[str]:
        """Their names, as a script calls them."""
        return [f"web-{number + 1}" for number in range(self.hosts)]

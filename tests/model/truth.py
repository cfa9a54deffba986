"""The truth of each moment, which the oracle holds the mails against."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

BLIND, MONITORING = "MaraxBlind", "monitoring"

Subject = tuple[str, str]  # an alert's name, and its host's


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTruth:
    """How it is with a host of that name; its address may have answered under another one.

    Attributes:
        is_watched: Whether it is to be scraped.
        is_away: Whether it answers nobody.
        is_busy: Whether its CPU is used up.
        last_answered: Its newest answered scrape in any Prometheus; 0 when there is none.
        address_last_answered: The same of its address, under any name.
        newest_is_answered: Whether a Prometheus that can be asked has a new scrape, which was answered.
        missed_by_each: The oldest of the last unanswered scrapes of those Prometheis; 0 if one has none.
    """

    is_watched: bool
    is_away: bool
    is_busy: bool
    last_answered: float
    address_last_answered: float
    newest_is_answered: bool
    missed_by_each: float


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The truth of one moment."""

    at: float
    is_clear: bool
    is_bridge_working: bool
    is_prometheus_working: bool
    is_askable: bool
    names: Mapping[str, NameTruth]

    @property
    def is_fleet_away(self) -> bool:
        """Whether FleetDown holds."""
        away = [one.is_away for one in self.names.values() if one.is_watched]
        return len(away) >= 4 and sum(away) > len(away) / 2


class Lasting:
    """Since when something has been so."""

    def __init__(self, since: Mapping[object, float]) -> None:
        self._since = dict(since)

    def note(self, what: object, at: float, *, is_so: bool) -> None:
        """Note whether it is so at that moment."""
        if is_so:
            self._since.setdefault(what, at)
        else:
            self._since.pop(what, None)

    def seconds(self, what: object, at: float) -> float:
        """Return for how long it has been so; -1 when it is not."""
        return at - self._since[what] if what in self._since else -1.0


def truths(view: View) -> Iterator[tuple[Subject, bool, bool]]:
    """Yield what may be going on, and whether it is, or is over; neither is so where nobody can know."""
    for name, truth in view.names.items():
        is_up = truth.is_watched and not truth.is_away
        yield ("HostDown", name), truth.is_watched and truth.is_away, not truth.is_watched or is_up
        yield (
            ("HighCpu", name),
            is_up and truth.is_busy,
            not truth.is_watched or (is_up and not truth.is_busy),
        )
    yield ("FleetDown", "FleetDown"), view.is_fleet_away, not view.is_fleet_away
    yield (BLIND, MONITORING), False, view.is_clear

"""What samples of `up` say about the hosts of a job that were down together; pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.prometheus.answers import Series

_MOST_HOSTS = 1000
# Of 1,000 hosts: a cell a minute for an hour, and all scrapes of ten minutes, each some 2 MB at most
_MOST_POINTS = 60_000
_MOST_CELLS = 1440
_MOST_HOST_SECONDS = 600_000
_MOST_WINDOWS = 12
_SHORTEST_CELL_SECONDS = 15
_AFTER = {True: AfterOutage.UP, False: AfterOutage.DOWN, None: AfterOutage.UNWATCHED}
_MOST_IMPORTANT_FIRST = (AfterOutage.DOWN, AfterOutage.UNWATCHED, AfterOutage.UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpan:
    """When an alert about the hosts of a job fired, and the time that is looked at; in seconds since 1970.

    Attributes:
        job: The job; empty for all.
        fired: When the alert fired.
        ended: When it ended; None while it fires.
        start: Where the time that is looked at begins.
        end: Where it ends.
    """

    job: str
    fired: float
    ended: float | None
    start: float
    end: float

    def concerns(self, outage: "Stretch") -> bool:
        """Return whether *outage* was going on while the alert fired."""
        is_before = outage.back is not None and outage.back <= self.fired
        return not is_before and (self.ended is None or outage.began <= self.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One outage of one host, in seconds since 1970.

    Attributes:
        last_answered: The last scrape that it answered before; None when that is not known.
        seen_down: The first moment at which it is known not to have answered.
        back: The first that it answered again; None when it did not, or that is not known.
    """

    last_answered: float | None
    seen_down: float
    back: float | None = None

    @property
    def began(self) -> float:
        """The earliest moment of it that is known."""
        return self.seen_down if self.last_answered is None else self.last_answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """How a span is divided into cells of equal length, in seconds; they end at its multiples."""

    start: float
    end: float
    step: int

    @property
    def whole_seconds(self) -> int:
        """A length that reaches back from the end to the start."""
        return math.ceil(self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSamples:
    """What Prometheus answered about the hosts of a job within a span.

    Attributes:
        at_end: `up` at its end.
        cells: The share of answered scrapes in each cell, at the cell's end.
        scrapes: All samples of `up` in those cells that matter most.
    """

    at_end: Sequence[Series]
    cells: Sequence[Series]
    scrapes: Sequence[Series]


def grid_of(span: FleetSpan, hosts: int) -> Grid:
    """Return cells of *span*, few enough that Prometheus can answer for so many *hosts*; 0 if not known."""
    cells = max(1, min(_MOST_CELLS, _MOST_POINTS // (hosts or _MOST_HOSTS)))
    step = max(_SHORTEST_CELL_SECONDS, math.ceil((span.end - span.start) / cells))
    return Grid(start=span.start, end=math.ceil(span.end / step) * step, step=step)


def windows_to_look_into(cells: Sequence[Series], grid: Grid) -> list[tuple[float, float]]:
    """Return from when to when to fetch all samples: always, or in the cells in which most hosts changed."""
    hosts = max(1, len(cells))
    if hosts * (grid.end - grid.start) <= _MOST_HOST_SECONDS:
        return [(grid.start, grid.end)]
    votes = Counter(end for series in cells for end in _ends_with_changes(series))
    most = min(_MOST_WINDOWS, int(_MOST_HOST_SECONDS / (hosts * grid.step)))
    return sorted((end - grid.step, end) for end, _ in votes.most_common(most))


def fleet_outage(found: FleetSamples, span: FleetSpan, windows: Sequence[tuple[float, float]]) -> FleetOutage:
    """Return which hosts were down while the alert of *span* fired, the most important ones first.

    Times are those of scrapes within *windows*, of which all samples were found; else those of cells.
    """
    up_at_end, names = _states(found.at_end), _names((*found.scrapes, *found.cells, *found.at_end))
    seen = _observations(found, windows)
    outages = []
    for instance in up_at_end.keys() | seen.keys():
        is_up = up_at_end.get(instance)
        its_scrapes = seen.get(instance, {}).items()
        observed = sorted(one for one in its_scrapes if span.start <= one[0] <= span.end)
        its = [one for one in _stretches(observed) if span.concerns(one)]
        if its:
            outages.append(_host_outage(names[instance], its, is_up=is_up, end=span.end))
    return FleetOutage(
        job=span.job,
        up=sum(up_at_end.values()),
        total=len(up_at_end),
        until_unix_seconds=span.end,
        hosts=tuple(sorted(outages, key=_importance)[:_MOST_HOSTS]),
    )


def _ends_with_changes(series: Series) -> Iterator[float]:
    """Yield the ends of the cells within which, or between which, a host went or came back."""
    for before, after in pairwise(series.samples):
        if before.value != after.value:
            yield before.unix_seconds
            yield after.unix_seconds
    if series.samples and 0 < series.samples[0].value < 1:
        yield series.samples[0].unix_seconds


def _observations(
    found: FleetSamples, windows: Sequence[tuple[float, float]]
) -> Mapping[str, dict[float, bool]]:
    """Return by instance when it was seen to answer, or not to; one series that does is enough."""
    seen: defaultdict[str, dict[float, bool]] = defaultdict(dict)
    for series, is_cell in (*((one, True) for one in found.cells), *((one, False) for one in found.scrapes)):
        its = seen[series.labels.get("instance", "")]
        for moment, value in series.samples:
            if not (is_cell and any(start < moment <= end for start, end in windows)):
                its[moment] = its.get(moment, False) or value == 1
    return seen


def _stretches(observed: Iterable[tuple[float, bool]]) -> Iterator[Stretch]:
    """Yield the outages of a host, the oldest first."""
    current, last_answered = None, None
    for moment, is_up in observed:
        if not is_up and current is None:
            current = Stretch(last_answered=last_answered, seen_down=moment)
        elif is_up and current is not None:
            yield replace(current, back=moment)
            current = None
        if is_up:
            last_answered = moment
    if current is not None:
        yield current


def _host_outage(name: str, stretches: Sequence[Stretch], *, is_up: bool | None, end: float) -> HostOutage:
    first, last = stretches[0], stretches[-1]
    after = _AFTER[is_up] if last.back is None else AfterOutage.UP
    until = end if after is AfterOutage.DOWN else None
    return HostOutage(
        name=name,
        last_answered_unix_seconds=first.last_answered,
        seen_down_unix_seconds=first.seen_down,
        back_unix_seconds=last.back,
        after=after,
        times=len(stretches),
        down_seconds=sum((one.back or until or one.began) - one.began for one in stretches),
    )


def _importance(outage: HostOutage) -> tuple[int, float, str]:
    return _MOST_IMPORTANT_FIRST.index(outage.after), -outage.down_seconds, outage.name


def _states(found: Iterable[Series]) -> dict[str, bool]:
    """Return whether each instance answers; of several series, one that says so is enough."""
    states: dict[str, bool] = {}
    for series in found:
        if series.samples:
            instance = series.labels.get("instance", "")
            states[instance] = states.get(instance, False) or series.samples[-1].value == 1
    return states


def _names(found: Iterable[Series]) -> dict[str, str]:
    """Return the name of each instance; where it was renamed, the later one."""
    instances = ((series.labels.get("instance", ""), series.labels.get("host", "")) for series in found)
    return {instance: host or instance for instance, host in instances}

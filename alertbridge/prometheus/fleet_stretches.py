"""What samples of `up` say about the hosts of a job that were down together; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.prometheus.answers import Series

_MOST_HOSTS = 1000
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
        seen_down: A moment at which it did not answer, or which came right after that.
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
class FleetSamples:
    """What Prometheus answered about the hosts of a job within a span.

    Attributes:
        at_start: `up` at the start of the span.
        at_end: `up` at its end.
        went: When each host answered for the last time before each of its outages, as values.
        came: When each answered again for the first time, as values.
    """

    at_start: Sequence[Series]
    at_end: Sequence[Series]
    went: Sequence[Series]
    came: Sequence[Series]


def fleet_outage(found: FleetSamples, span: FleetSpan) -> FleetOutage:
    """Return which hosts were down while the alert of *span* fired, the most important ones first."""
    down_at_start = {instance for instance, is_up in _states(found.at_start).items() if not is_up}
    up_at_end, went, came = _states(found.at_end), _moments(found.went, span), _moments(found.came, span)
    names = _names((*found.went, *found.came, *found.at_start, *found.at_end))
    outages = []
    for instance in (
        down_at_start | went.keys() | came.keys() | {one for one, is_up in up_at_end.items() if not is_up}
    ):
        start = span.start if instance in down_at_start else None
        is_up = up_at_end.get(instance)
        stretches = list(_stretches(start, went.get(instance, ()), came.get(instance, ())))
        if is_up is False and (not stretches or stretches[-1].back is not None):
            stretches.append(Stretch(last_answered=None, seen_down=span.end))
        its = [one for one in stretches if span.concerns(one)]
        if its:
            outages.append(_host_outage(names[instance], its, is_up=is_up, end=span.end))
    return FleetOutage(
        job=span.job,
        up=sum(up_at_end.values()),
        total=len(up_at_end),
        until_unix_seconds=span.end,
        hosts=tuple(sorted(outages, key=_importance)[:_MOST_HOSTS]),
    )


def _stretches(down_since: float | None, went: Iterable[float], came: Iterable[float]) -> Iterator[Stretch]:
    """Yield the outages of a host, the oldest first; *down_since* is where it was down from the beginning.

    A moment without its counterpart, because Prometheus was away, is one side of an outage whose other side
    is not known.
    """
    is_open = None if down_since is None else Stretch(last_answered=None, seen_down=down_since)
    for moment, is_back in sorted([*((one, False) for one in went), *((one, True) for one in came)]):
        if is_back:
            if is_open is None:
                is_open = Stretch(last_answered=None, seen_down=moment)
            yield _ended(is_open, moment)
            is_open = None
            continue
        if is_open is not None:
            yield _ended(is_open, moment)  # it answered by then
        is_open = Stretch(last_answered=moment, seen_down=moment)
    if is_open is not None:
        yield is_open


def _ended(stretch: Stretch, back: float) -> Stretch:
    return Stretch(last_answered=stretch.last_answered, seen_down=stretch.seen_down, back=back)


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


def _moments(found: Iterable[Series], span: FleetSpan) -> Mapping[str, list[float]]:
    """Return the values of *found*, which are moments, by instance, save for what cannot be one."""
    moments: defaultdict[str, list[float]] = defaultdict(list)
    for series in found:
        its = [sample.value for sample in series.samples]
        # The newest sample at the start may be some minutes older; NaN compares as false
        moments[series.labels.get("instance", "")] += [one for one in its if 0 < one <= span.end]
    return {instance: sorted(set(its)) for instance, its in moments.items() if its}


def _names(found: Iterable[Series]) -> dict[str, str]:
    """Return the name of each instance; where it was renamed, the later one."""
    instances = ((series.labels.get("instance", ""), series.labels.get("host", "")) for series in found)
    return {instance: host or instance for instance, host in instances}

"""How busy a host was in the last hour: the section of a letter, without its picture."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from statistics import fmean

from alertbridge.mail.facts import HostFacts
from alertbridge.mail.host_facts import MOST_CHARTS
from alertbridge.rendering.curves import Curves, Gap, Stretch, curves_of
from alertbridge.rendering.letters.letter import Chart, Section, Sketch
from alertbridge.rendering.letters.numbers import percent

MARKS = "▁▂▃▄▅▆▇█"
NO_MARK = "·"

_COLUMNS = 60
_GAPS_AT_MOST = 3
_NEW_AFTER_SECONDS = 300.0  # longer than anybody waits between two scrapes


def last_hours(hosts: Sequence[HostFacts], zone: tzinfo) -> tuple[Section, ...]:
    """Return a section with a chart for each of *hosts* of which there is anything to draw; none for many."""
    by_name = {host.name: host for host in hosts}
    if len(by_name) > MOST_CHARTS:
        return ()
    return tuple(
        Section(
            title="Last hour",
            lines=() if len(hosts) == 1 else (name,),
            chart=_chart(curves, f"last-hour-{number}.png", zone),
        )
        for number, (name, host) in enumerate(by_name.items(), start=1)
        if host.history is not None and (curves := curves_of(host.history)) is not None
    )


def sketch(curves: Curves, stretches: Sequence[Stretch]) -> str:
    """Return *stretches* as 60 marks of the height of their mean, a middle dot where there is no value."""
    values: defaultdict[int, list[float]] = defaultdict(list)
    for stretch in stretches:
        columns = [min(int(curves.place(point.unix_seconds) * _COLUMNS), _COLUMNS - 1) for point in stretch]
        for column, point in zip(columns, stretch, strict=True):
            values[column].append(point.ratio)
        for (column, following), point in zip(pairwise(columns), stretch, strict=False):
            for between in range(column + 1, following):
                values[between].append(point.ratio)
    return "".join(
        _mark(fmean(values[column])) if column in values else NO_MARK for column in range(_COLUMNS)
    )


def _mark(ratio: float) -> str:
    return MARKS[min(int(ratio * len(MARKS)), len(MARKS) - 1)]


def _chart(curves: Curves, name: str, zone: tzinfo) -> Chart:
    start, end = curves.start_unix_seconds, curves.end_unix_seconds
    drawn = {label: curve for label, curve in (("CPU", curves.cpu), ("RAM", curves.memory)) if curve}
    times = _minute(start, zone), _minute((start + end) / 2, zone), _minute(end, zone)
    parts = [
        *(_range(label, curve) for label, curve in drawn.items()),
        *_gaps(curves, zone),
        *_newness(curves, zone),
    ]
    is_up_at_end = not curves.gaps or curves.gaps[-1].end_unix_seconds < end
    return Chart(
        name=name,
        curves=curves,
        sketches=tuple(Sketch(label, sketch(curves, curve)) for label, curve in drawn.items()),
        times=times,
        last_seen="" if is_up_at_end else f"last seen {_second(curves.gaps[-1].start_unix_seconds, zone)}",
        words=f"From {times[0]} to {times[-1]}: {'; '.join(parts)}.",
    )


def _range(label: str, stretches: Sequence[Stretch]) -> str:
    ratios = [point.ratio for stretch in stretches for point in stretch]
    least, most, last = (percent(ratio) for ratio in (min(ratios), max(ratios), ratios[-1]))
    if least == most:
        return f"{label} {last} throughout"
    return f"{label} between {least} and {most}, last {last}"


def _newness(curves: Curves, zone: tzinfo) -> list[str]:
    first_scrape = curves.first_scrape_unix_seconds
    is_new = first_scrape - curves.start_unix_seconds > _NEW_AFTER_SECONDS  # of what is no number, neither
    return [f"not scraped before {_second(first_scrape, zone)}"] if is_new else []


def _gaps(curves: Curves, zone: tzinfo) -> list[str]:
    """Return when there was no data; of many gaps, how many there were and when the last one was."""
    when = [_when(gap, curves, zone) for gap in curves.gaps]
    if not when:
        return []
    if len(when) > _GAPS_AT_MOST:
        return [f"no data {len(when)} times, last {when[-1]}"]
    return [f"no data {' and '.join(when)}"]


def _when(gap: Gap, curves: Curves, zone: tzinfo) -> str:
    start, end = (_second(moment, zone) for moment in gap)
    if gap.start_unix_seconds == curves.first_scrape_unix_seconds:
        return f"before {end}"
    return f"since {start}" if gap.end_unix_seconds == curves.end_unix_seconds else f"from {start} to {end}"


def _minute(unix_seconds: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, zone):%H:%M}"


def _second(unix_seconds: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, zone):%H:%M:%S}"

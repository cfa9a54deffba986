"""What the samples of a host say about its outage; pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alertbridge.mail.host_facts import LastValues, ProcessFact
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.exporter_metrics import BOOT, TOP_PROCESSES, VALUES

_MOST_INSTANCES = 40
_WIDEST_SPREAD_SECONDS = 600.0
_MOST_PROCESSES = 10

LAST_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time that matters for one instance."""

    instance: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that one query can cover for several instances."""

    instances: tuple[str, ...]
    start: float
    end: float

    def whole_seconds(self) -> int:
        """Return a length that reaches back to the start, as a PromQL range."""
        return math.ceil(self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """When a host was not there, in seconds since 1970; None where that is not known.

    Attributes:
        since: The last scrape that it answered before.
        back: The first that it answered after.
        last_answered: The last of all that it answered.
    """

    since: float | None = None
    back: float | None = None
    last_answered: float | None = None


def windows(spans: Iterable[Span]) -> list[Window]:
    """Return windows that cover *spans*: spans that end at much the same time share one."""
    shared: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: (span.end, span.instance)):
        group = shared[-1] if shared else []
        is_near = bool(group) and span.end - group[0].end <= _WIDEST_SPREAD_SECONDS
        if is_near and len(group) < _MOST_INSTANCES:
            group.append(span)
        else:
            shared.append([span])
    return [
        Window(
            instances=tuple(span.instance for span in group),
            start=min(span.start for span in group),
            end=max(span.end for span in group),
        )
        for group in shared
    ]


def outage(up: Iterable[Sample], *, fired_unix_seconds: float, until_unix_seconds: float) -> Outage:
    """Return the outage that an alert which fired at a moment was about, from samples of `up`.

    A host that comes back for a moment while its alert keeps firing was down all the time; one that is still
    down in the end has been so since the last scrape that it answered. A host that answered when the alert
    fired was not down.
    """
    samples = sorted({sample for sample in up if sample.unix_seconds <= until_unix_seconds})
    answered = [sample.unix_seconds for sample in samples if sample.value == 1]
    last_answered = answered[-1] if answered else None
    before = [sample for sample in samples if sample.unix_seconds <= fired_unix_seconds]
    if not before or before[-1].value == 1:
        return Outage(last_answered=last_answered)
    back = first_of_last_answered(samples)
    if back is None:
        return Outage(since=last_answered, last_answered=last_answered)
    earlier = [moment for moment in answered if moment <= fired_unix_seconds]
    return Outage(since=earlier[-1] if earlier else None, back=back, last_answered=last_answered)


def first_of_last_answered(samples: Iterable[Sample]) -> float | None:
    """Return the first of the answered scrapes that *samples* end with; None when they end with none."""
    back = None
    for sample in sorted(samples, reverse=True):
        if sample.value != 1:
            break
        back = sample.unix_seconds
    return back


def last_values(series: Iterable[Series], moment: float) -> LastValues | None:
    """Return the values of a host in the last minute up to *moment*; None when there are none."""
    known = _latest(series, moment)
    if not any(name in known for name in VALUES):
        return None
    cpu, memory, memory_total, load1, cpus = (known.get(name) for name in VALUES)
    return LastValues(
        cpu_ratio=cpu, memory_ratio=memory, memory_total_bytes=memory_total, load1=load1, cpus=cpus
    )


def top_processes(series: Iterable[Series], moment: float) -> tuple[ProcessFact, ...]:
    """Return the processes of a host in the last minute up to *moment*, most CPU first."""
    by_process: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        if one.labels.get("__name__") in TOP_PROCESSES:
            process = (one.labels.get("pid", ""), one.labels.get("name", ""))
            by_process.setdefault(process, []).append(one)
    facts = [_process(pid, name, _latest(own, moment)) for (pid, name), own in by_process.items()]
    known = [fact for fact in facts if fact.cpu_ratio is not None or fact.memory_rss_bytes is not None]
    return tuple(sorted(known, key=_size, reverse=True)[:_MOST_PROCESSES])


def has_rebooted(series: Iterable[Series], moment: float, since: float | None) -> bool | None:
    """Return whether the machine that answered at *moment* booted after *since*.

    Where it exposes its own time, a clock that is wrong by hours does not matter. None when it is not known,
    as for a machine that has not answered after *since*.
    """
    known = _latest(series, moment)
    booted, its_time = (known.get(name) for name in BOOT)
    if since is None or moment <= since or booted is None:
        return None
    return (booted if its_time is None else moment - (its_time - booted)) > since


def _latest(series: Iterable[Series], moment: float) -> dict[str, float]:
    """Return the newest finite value of each metric in the last minute up to *moment*, by name."""
    newest: dict[str, Sample] = {}
    for one in series:
        name = one.labels.get("__name__", "")
        for sample in one.samples:
            is_recent = moment - LAST_MINUTE_SECONDS <= sample.unix_seconds <= moment
            if is_recent and math.isfinite(sample.value):
                newest[name] = max(newest.get(name, sample), sample)
    return {name: sample.value for name, sample in newest.items()}


def _process(pid: str, name: str, known: Mapping[str, float]) -> ProcessFact:
    cpu, memory = (known.get(metric) for metric in TOP_PROCESSES)
    return ProcessFact(pid=pid, name=name, cpu_ratio=cpu, memory_rss_bytes=memory)


def _size(process: ProcessFact) -> tuple[float, float]:
    return (process.cpu_ratio or 0.0, process.memory_rss_bytes or 0.0)

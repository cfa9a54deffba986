"""What a host exposed at a moment: its values, its processes, its boot; pure."""

import math
from collections.abc import Iterable, Mapping

from alertbridge.mail.host_facts import LastValues, ProcessFact
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.exporter_metrics import BOOT, TOP_PROCESSES, VALUES

_MOST_PROCESSES = 10

LAST_MINUTE_SECONDS = 60.0


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

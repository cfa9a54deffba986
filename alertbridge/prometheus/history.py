"""What the samples of a host say about its last hour and its last day; pure."""

import math
from collections.abc import Iterable
from statistics import fmean

from alertbridge.mail.host_facts import History, LastDay, Usage
from alertbridge.prometheus.answers import Series
from alertbridge.prometheus.exporter_metrics import CPU_USAGE_RATIO, MEMORY_USAGE_RATIO

HISTORY_NAMES = (CPU_USAGE_RATIO, MEMORY_USAGE_RATIO, "up")
HISTORY_SECONDS = 3600.0

_MOST_USAGES = 3600  # one for every second


def history(series: Iterable[Series], end_unix_seconds: float) -> History | None:
    """Return how busy a host was in the hour before a moment; None when it exposed nothing."""
    start = end_unix_seconds - HISTORY_SECONDS
    found: dict[str, dict[float, float]] = {name: {} for name in HISTORY_NAMES}
    for one in series:
        known = found.get(one.labels.get("__name__", ""), {})
        for sample in one.samples:
            if start <= sample.unix_seconds <= end_unix_seconds and math.isfinite(sample.value):
                known[sample.unix_seconds] = sample.value
    cpu, memory, scrapes = found.values()
    usages = [
        Usage(unix_seconds=moment, cpu_ratio=cpu.get(moment), memory_ratio=memory.get(moment))
        for moment in sorted(cpu | memory)
    ]
    if not usages:
        return None
    return History(
        start_unix_seconds=start,
        end_unix_seconds=end_unix_seconds,
        first_scrape_unix_seconds=min(scrapes, default=usages[0].unix_seconds),
        usages=tuple(usages[-_MOST_USAGES:]),
    )


def last_day(times_gone: Iterable[Series], answered: Iterable[Series]) -> LastDay | None:
    """Return what Prometheus answered about a host's last day; None unless it answered both."""
    gone, ratios = (
        [sample.value for one in found for sample in one.samples if math.isfinite(sample.value)]
        for found in (times_gone, answered)
    )
    return LastDay(times_gone=round(sum(gone)), answered_ratio=fmean(ratios)) if gone and ratios else None

"""Asking Prometheus which hosts of a job were down together, and from when to when.

The samples of 1,000 hosts over hours are too many to fetch. So Prometheus is asked first for the share of
answered scrapes in cells of a minute or so, and then for all samples of those cells in which most changed.
"""

import asyncio
import math
from collections.abc import Awaitable, Sequence
from dataclasses import replace

from alertbridge.mail.fleet_facts import FleetOutage
from alertbridge.prometheus.answers import NotKnown, matcher
from alertbridge.prometheus.findings import Findings, Subject
from alertbridge.prometheus.fleet_stretches import (
    FleetSamples,
    FleetSpan,
    fleet_outage,
    grid_of,
    windows_to_look_into,
)
from alertbridge.prometheus.servers import PrometheusServers
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import Clock

_BUDGET_SECONDS = 5.0
_BEFORE_SECONDS = 900.0  # hosts go down one by one, and the rule waits before it fires
_AFTER_SECONDS = 3600.0
_LONGEST_SECONDS = 15 * 86_400.0  # Prometheus keeps samples as long by default


class FleetOutages:
    """Asks the Prometheis at *urls* which hosts were down under an alert, 5 s at most for each answer."""

    def __init__(self, urls: Sequence[HttpUrl], clock: Clock) -> None:
        self._urls = urls
        self._clock = clock

    def ask(
        self, job: str, *, fired_unix_seconds: float, ended_unix_seconds: float | None
    ) -> FleetOutage | NotKnown:
        """Return which hosts of *job* were down while the alert fired, as known an hour after it ended."""
        until = self._clock.unix_seconds()
        if ended_unix_seconds is not None:
            until = min(until, ended_unix_seconds + _AFTER_SECONDS)
        span = span_of(
            job,
            fired_unix_seconds=fired_unix_seconds,
            ended_unix_seconds=ended_unix_seconds,
            until_unix_seconds=until,
        )
        return asyncio.run(self._ask(span))

    async def _ask(self, span: FleetSpan) -> FleetOutage | NotKnown:
        api = PrometheusServers(self._urls, deadline=asyncio.get_running_loop().time() + _BUDGET_SECONDS)
        return await ask_fleet_outage(api, span)


async def with_fleet_outages(
    api: PrometheusServers, subjects: Sequence[Subject], now: float, asked: Awaitable[Findings]
) -> Findings:
    """Return what was *asked*, and meanwhile which hosts were down under those *subjects* that are fleets."""
    fleets = [subject for subject in subjects if subject.is_fleet]
    spans = (
        span_of(
            one.job,
            fired_unix_seconds=one.fired_unix_seconds,
            ended_unix_seconds=one.ended_unix_seconds,
            until_unix_seconds=max(now, one.ended_unix_seconds or 0.0),
        )
        for one in fleets
    )
    findings, outages = await asyncio.gather(
        asked, asyncio.gather(*(ask_fleet_outage(api, span) for span in spans))
    )
    found = dict(zip(fleets, outages, strict=True))
    refused = {outage.reason for outage in outages if isinstance(outage, NotKnown)}
    missing = (f"Could not get which hosts did not answer from Prometheus: {reason}." for reason in refused)
    return replace(
        findings,
        fleet_outages={one: it for one, it in found.items() if not isinstance(it, NotKnown)},
        missing=(*findings.missing, *sorted(missing)),
    )


async def ask_fleet_outage(api: PrometheusServers, span: FleetSpan) -> FleetOutage | NotKnown:
    """Return which hosts were down in *span*."""
    up = f"up{{{matcher('job', [span.job])}}}" if span.job else "up"
    at_end, before = await asyncio.gather(api.series(up, span.end), api.series(up, span.fired))
    if isinstance(at_end, NotKnown):
        return at_end
    hosts = max(len(at_end), 0 if isinstance(before, NotKnown) else len(before))
    grid = grid_of(span, hosts)
    shares = f"avg_over_time({up}[{grid.step}s])[{grid.whole_seconds}s:{grid.step}s]"
    cells = await api.series(shares, grid.end)
    if isinstance(cells, NotKnown):
        return cells
    if not cells:
        return NotKnown(reason="it has no samples of that time")
    windows = windows_to_look_into(cells, grid)
    answers = await asyncio.gather(
        *(api.series(f"{up}[{math.ceil(end - start)}s]", end) for start, end in windows)
    )
    known = [
        (window, one) for window, one in zip(windows, answers, strict=True) if not isinstance(one, NotKnown)
    ]
    scrapes = [series for _, answer in known for series in answer]
    found = FleetSamples(at_end=at_end, cells=cells, scrapes=scrapes)
    return fleet_outage(found, span, [window for window, _ in known])


def span_of(
    job: str, *, fired_unix_seconds: float, ended_unix_seconds: float | None, until_unix_seconds: float
) -> FleetSpan:
    """Return what to look at for an alert about *job*: from some time before it fired until a moment."""
    end = max(until_unix_seconds, fired_unix_seconds)
    start = max(fired_unix_seconds - _BEFORE_SECONDS, end - _LONGEST_SECONDS)
    return FleetSpan(job=job, fired=fired_unix_seconds, ended=ended_unix_seconds, start=start, end=end)

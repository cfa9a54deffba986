"""Whether the limits of series hold when thousands of processes come and go, each under a name of its own."""

import sys
import time
from collections.abc import Iterator, Mapping

from bench.contestants import load, marax
from bench.figures import Row, judged
from bench.scraping import Series
from bench.stage import Stage

_POLL_SECONDS = 1.0
_FORKS: Series = ("marax_forks_total", ())
_LIMITED: Series = ("marax_top_identities_limited", ())


def measure(stage: Stage) -> Iterator[Row]:
    """Yield how many series came up in a storm, and how many there were at once."""
    seconds = stage.scale.storm_seconds
    stage.say(f"storm: {seconds:g} s of forks")
    with marax(stage.folder) as ours:
        before = ours.scraping.samples()
        with load("storm", (sys.executable, "-m", "bench.fork_storm"), stage.folder):
            seen: set[Series] = set()
            most = limited = 0
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(_POLL_SECONDS)
                samples = ours.scraping.samples()
                series = process_series(samples)
                seen |= series
                most = max(most, len(series))
                limited += samples[_LIMITED] == 1
    forks = samples[_FORKS] - before[_FORKS]
    new = len(seen - process_series(before))
    new_limit = samples["marax_process_new_series_limit", ()]
    limit = samples["marax_process_series_limit", ()]
    yield Row(
        what=f"new series of processes in a fork storm of {seconds:g} s",
        against=f"{forks:,.0f} forks",
        mark=f"<= {new_limit:.0f} an hour",
        figure=f"{new}; newcomers had to wait {limited} s of it",
        verdict=judged(is_met=new <= new_limit),
    )
    yield Row(
        what="series of processes at once",
        against="--",
        mark=f"<= {limit:.0f}",
        figure=f"{most} at most",
        verdict=judged(is_met=most <= limit),
    )


def process_series(samples: Mapping[Series, float]) -> set[Series]:
    """Return the series whose number depends on processes: those by group and by top process."""
    return {(name, labels) for name, labels in samples if {"group", "pid"} & dict(labels).keys()}

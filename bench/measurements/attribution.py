"""Whether the groups' CPU adds up to the host's while processes that no scan sees use most of it."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from bench.child import BenchError
from bench.contestants import load, marax
from bench.figures import Row, Verdict, judged
from bench.scraping import Scraping, Series, total
from bench.stage import Stage

_LOWEST, _HIGHEST = 0.95, 1.02
_JOBS = "while :; do awk 'BEGIN { for (i = 0; i < 1000000; i++); }'; done"
_SETTLING_SECONDS = 1.0
_POLL_SECONDS = 0.05
_FRESH_SECONDS = 70.0
_NOT_BUSY = ("idle", "iowait", "steal")


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the share of the host's busy time that has a name, and the share that has none."""
    seconds = stage.scale.load_seconds
    stage.say(f"attribution: {seconds:g} s of jobs of some 60 ms")
    with ExitStack() as ends:
        ours = ends.enter_context(marax(stage.folder))
        for number in range(os.cpu_count() or 1):
            ends.enter_context(load(f"jobs-{number}", ("/bin/sh", "-c", _JOBS), stage.folder))
        time.sleep(_SETTLING_SECONDS)
        before = _fresh(ours.scraping)
        time.sleep(seconds)
        after = _fresh(ours.scraping)
    gained = {series: value - before.get(series, 0.0) for series, value in after.items()}
    named = total(gained, "marax_group_cpu_seconds_total", group="(unattributed)")
    nameless = total(gained, "marax_group_cpu_seconds_total") - named
    busy = total(gained, "marax_cpu_seconds_total") - sum(
        gained["marax_cpu_seconds_total", (("mode", mode),)] for mode in _NOT_BUSY
    )
    yield Row(
        what="sum of group CPU / host busy CPU, fork-heavy load",
        against="1",
        mark=f"{_LOWEST} .. {_HIGHEST}",
        figure=f"{named / busy:.3f}; {named:.1f} s of {busy:.1f} s",
        verdict=judged(is_met=_LOWEST <= named / busy <= _HIGHEST),
    )
    yield Row(
        what="`(unattributed)`, which is not in that sum",
        against="1",
        mark="--",
        figure=f"{nameless / busy:.3f}",
        verdict=Verdict.NO_MARK,
    )


def _fresh(scraping: Scraping) -> Mapping[Series, float]:
    """Return the samples right after a scan: the host's counters are of now, the groups' of the scan."""
    stale = scraping.samples()["marax_sample_timestamp_seconds", ()]
    deadline = time.monotonic() + _FRESH_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        samples = scraping.samples()
        if samples["marax_sample_timestamp_seconds", ()] != stale:
            return samples
    raise BenchError("the exporter does not scan any more")

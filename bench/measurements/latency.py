"""How long Prometheus waits for an answer: here, and only here, the wall clock counts."""

import time
from collections.abc import Iterator, Sequence

from bench.child import BenchError
from bench.contestants import Contestant, marax
from bench.crowd import Crowd
from bench.figures import Row, judged, percentile
from bench.stage import Stage

_MARK_SECONDS = 0.1
_RESERVE_SECONDS = 0.5  # the exporter answers so long before Prometheus gives up
_PAUSE_SECONDS = 0.03  # spreads the scrapes over several scans of the processes
_STUCK = ("marax_collector_success", (("collector", "load"),))


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the times of scrapes with many processes, without and with a collector that hangs for ever."""
    scale = stage.scale
    crowd = f"{scale.large_crowd:,} processes"
    with Crowd(scale.large_crowd):
        stage.say(f"latency: {scale.latency_scrapes} scrapes at {crowd}")
        with marax(stage.folder) as ours:
            yield _row(f"scrape at {crowd}, p99", _times(ours, scale.latency_scrapes))
        stage.say("latency: with a collector that is stuck")
        with marax(stage.folder, stuck=True) as ours:
            yield _first(ours, scale.stuck_timeout_seconds)
            if ours.scraping.samples(timeout_seconds=scale.stuck_timeout_seconds).get(_STUCK) != 0:
                raise BenchError("the collector that should be stuck is not")
            yield _row("the later ones, p99", _times(ours, scale.latency_scrapes // 2))


def _times(ours: Contestant, scrapes: int) -> list[float]:
    times = []
    for _ in range(scrapes):
        times.append(ours.scraping.get())
        time.sleep(_PAUSE_SECONDS)
    return times


def _first(ours: Contestant, timeout_seconds: float) -> Row:
    took_seconds = ours.scraping.get(timeout_seconds=timeout_seconds)
    deadline_seconds = timeout_seconds - _RESERVE_SECONDS
    return Row(
        what="the first scrape with a stuck collector",
        against=f"its deadline, {deadline_seconds:g} s",
        mark=f"< {deadline_seconds + _MARK_SECONDS:g} s",
        figure=f"{took_seconds:.2f} s",
        verdict=judged(is_met=took_seconds < deadline_seconds + _MARK_SECONDS),
    )


def _row(what: str, times: Sequence[float]) -> Row:
    p99_seconds = percentile(times, 0.99)
    milliseconds = [1000 * seconds for seconds in (p99_seconds, percentile(times, 0.5), max(times))]
    return Row(
        what=what,
        against="--",
        mark=f"< {_MARK_SECONDS * 1000:g} ms",
        figure="{:.1f} ms; median {:.1f} ms, worst {:.1f} ms".format(*milliseconds),
        verdict=judged(is_met=p99_seconds < _MARK_SECONDS),
    )

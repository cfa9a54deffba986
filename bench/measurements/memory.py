"""How much memory the exporter holds, and whether it grows."""

from collections.abc import Iterator

from bench.accounting import pss_bytes, rss_bytes
from bench.contestants import marax
from bench.crowd import Crowd
from bench.figures import Row, judged, slope
from bench.stage import Stage
from bench.visitor import settings_for_visitor, visit

_MARK_MB = 45.0
_GROWTH_MB = 1.0  # in 1,000 scrapes: 1 kB each; the allocator takes and gives back half a megabyte at a time
_SCRAPES_A_SAMPLE = 50
_SCRAPES_A_VISIT = 50
_MB = 1e6


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the memory after many scrapes, how it grows from then on, and what the login adds to it."""
    scrapes, until = stage.scale.memory_scrapes, stage.scale.growth_scrapes
    stage.say(f"memory: {max(scrapes, until):,} scrapes")
    what = f"memory (PSS) after {scrapes:,} scrapes at {stage.scale.crowd:,} processes"
    with Crowd(stage.scale.crowd), marax(stage.folder) as ours:
        for _ in range(scrapes):
            ours.scraping.get()
        yield _row(what, ours.pid)
        points = [(scrapes / 1000, pss_bytes(ours.pid) / _MB)]
        for number in range(scrapes + 1, until + 1):
            ours.scraping.get()
            if number % _SCRAPES_A_SAMPLE == 0:
                points.append((number / 1000, pss_bytes(ours.pid) / _MB))
    if until:
        growth_mb = slope(points)
        yield Row(
            what=f"its growth from then to {until:,} scrapes",
            against="--",
            mark=f"< {_GROWTH_MB:g} MB in 1,000",
            figure=f"{growth_mb:+.2f} MB in 1,000",
            verdict=judged(is_met=growth_mb < _GROWTH_MB),
        )
    stage.say(f"memory: {scrapes:,} scrapes, with a login and commands in use")
    settings = settings_for_visitor(stage.folder)
    with Crowd(stage.scale.crowd), marax(stage.folder, settings=settings) as ours:
        for number in range(scrapes):
            ours.scraping.get()
            if number % _SCRAPES_A_VISIT == 0:
                visit(ours.address)
        yield _row("the same, with a login, commands, and all of it in use", ours.pid)


def _row(what: str, pid: int) -> Row:
    pss_mb = pss_bytes(pid) / _MB
    return Row(
        what=what,
        against="--",
        mark=f"<= {_MARK_MB:g} MB",
        figure=f"{pss_mb:.1f} MB; RSS {rss_bytes(pid) / _MB:.1f} MB",
        verdict=judged(is_met=pss_mb <= _MARK_MB),
    )

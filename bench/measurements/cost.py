"""What a scrape costs, next to the peers: CPU time by the kernel's account."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.contestants import Contestant, marax, node_exporter, process_exporter, psutil_exporter
from bench.crowd import Crowd
from bench.figures import Row, Spread, Verdict, fraction, judged, ratios
from bench.stage import Stage

_OWN_SCRAPES = 10
_INTERVAL_SECONDS = 15.0  # from scrape to scrape, as deploy/prometheus.yml has it
_SETTLING_SECONDS = 12.0  # our first scans open files that the later ones find open


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    """Whom we are held against.

    Attributes:
        name: As people know it.
        contestant: None where it is not on this machine.
        scrapes: How often it is scraped in a round.
        at_most: The mark: our cost as a share of its cost; None for no mark.
        seconds: What a scrape cost in each round.
    """

    name: str
    contestant: Contestant | None
    scrapes: int
    at_most: float | None = None
    seconds: list[float] = field(default_factory=list)


def measure(stage: Stage) -> Iterator[Row]:
    """Yield what we cost from one scrape to the next, and what the scrape alone costs."""
    with ExitStack() as ends:
        ends.enter_context(Crowd(stage.scale.crowd))
        ours = ends.enter_context(marax(stage.folder))
        settled_seconds = time.monotonic() + _SETTLING_SECONDS
        peers = (
            _Peer(
                name="process-exporter 0.7",
                contestant=ends.enter_context(process_exporter(stage.folder)),
                scrapes=2,
                at_most=1 / 20,
            ),
            _Peer(
                name="psutil + prometheus_client",
                contestant=ends.enter_context(psutil_exporter(stage.folder)),
                scrapes=5,
                at_most=1 / 4,
            ),
            _Peer(
                name="node_exporter 1.5 --collector.processes",
                contestant=ends.enter_context(node_exporter(stage.folder, "--collector.processes")),
                scrapes=5,
            ),
            _Peer(
                name="node_exporter 1.5, which looks at no process",
                contestant=ends.enter_context(node_exporter(stage.folder)),
                scrapes=5,
            ),
        )
        for contestant in (ours, *(peer.contestant for peer in peers)):
            if contestant is not None:
                contestant.seconds_per_scrape(2)
        time.sleep(max(0.0, settled_seconds - time.monotonic()))
        whole, alone = [], []
        for number in range(stage.scale.rounds):
            stage.say(f"cost: round {number + 1} of {stage.scale.rounds}, {stage.scale.round_seconds:g} s")
            whole.append(_round(ours, peers, stage.scale.round_seconds))
            alone.append(ours.seconds_per_scrape(_OWN_SCRAPES))
    yield from _rows(stage, whole, alone, peers)


def _round(ours: Contestant, peers: Sequence[_Peer], seconds: float) -> float:
    """Return what we use from one scrape to the next; the peers have their turns meanwhile.

    That is the scrape itself, and what we use in so many seconds without one, stretched to the interval.
    """
    scrape_seconds = ours.seconds_per_scrape(1)
    began_seconds, used_seconds = time.monotonic(), ours.cpu_seconds
    for peer in peers:
        if peer.contestant is not None:
            peer.seconds.append(peer.contestant.seconds_per_scrape(peer.scrapes))
    time.sleep(max(0.0, began_seconds + seconds - time.monotonic()))
    per_second = (ours.cpu_seconds - used_seconds) / (time.monotonic() - began_seconds)
    return scrape_seconds + per_second * _INTERVAL_SECONDS


def _rows(
    stage: Stage, whole: Sequence[float], alone: Sequence[float], peers: Sequence[_Peer]
) -> Iterator[Row]:
    all_of_it = f"CPU from scrape to scrape, {_INTERVAL_SECONDS:g} s, {stage.scale.crowd:,} processes"
    for what, ours in ((all_of_it, whole), ("CPU of the scrape alone", alone)):
        for peer in peers:
            at_most = peer.at_most if ours is whole else None
            mark = "--" if at_most is None else f"<= {fraction(at_most)}"
            if not peer.seconds:
                why = "not on this machine"
                yield Row(what=what, against=peer.name, mark=mark, figure=why, verdict=Verdict.LEFT_OUT)
                continue
            ratio = ratios(ours, peer.seconds)
            verdict = Verdict.NO_MARK if at_most is None else judged(is_met=ratio.median <= at_most)
            figure = f"{_fractions(ratio)}; {_milliseconds(ours)} against {_milliseconds(peer.seconds)}"
            yield Row(what=what, against=peer.name, mark=mark, figure=figure, verdict=verdict)


def _fractions(ratio: Spread) -> str:
    return f"{fraction(ratio.median)} ({fraction(ratio.lowest)} .. {fraction(ratio.highest)})"


def _milliseconds(seconds: Sequence[float]) -> str:
    return f"{Spread.of(seconds).median * 1000:.1f} ms"

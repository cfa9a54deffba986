"""What every measurement is given: how large to be, a folder to work in, and a way to say how it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large the measurements are.

    Attributes:
        crowd: How many idle processes there are, where nothing else is said.
        large_crowd: How many there are where the time of a scrape is measured.
        scan_pairs: How often our scan and the C program take turns.
        rounds: How often the exporters take turns.
        round_seconds: How long a round is: a multiple of our 5 s from scan to scan.
        memory_scrapes: After how many scrapes the memory is looked at.
        growth_scrapes: Up to how many it is watched from then on; 0 for not at all.
        latency_scrapes: How many scrapes are timed.
        stuck_timeout_seconds: The scrape timeout where a collector is stuck.
        load_seconds: How long the host's CPU is held against the groups' sum.
        storm_seconds: How long the fork storm is.
    """

    crowd: int = 2000
    large_crowd: int = 5000
    scan_pairs: int = 15
    rounds: int = 4
    round_seconds: float = 15.0
    memory_scrapes: int = 1000
    growth_scrapes: int = 4000
    latency_scrapes: int = 500
    stuck_timeout_seconds: float = 5.0
    load_seconds: float = 30.0
    storm_seconds: float = 60.0


FULL = Scale()
QUICK = Scale(
    large_crowd=2000,
    scan_pairs=3,
    rounds=1,
    round_seconds=10.0,
    memory_scrapes=100,
    growth_scrapes=0,
    latency_scrapes=40,
    stuck_timeout_seconds=1.5,
    load_seconds=1.0,
    storm_seconds=4.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a measurement takes place.

    Attributes:
        scale: How large it is.
        folder: Empty, absolute and gone afterwards: for logs and settings.
        say: Tells people how it goes.
    """

    scale: Scale
    folder: Path
    say: Callable[[str], None]

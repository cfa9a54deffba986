"""What `top` shows: the host and its greediest processes at one moment."""

import json
from dataclasses import asdict, dataclass

from exporter.processes.ranking import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A process; user and unit are empty if they could not be read or there is none."""

    pid: int
    user: str
    cpu_usage_ratio: float | None
    memory_rss_bytes: int
    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The fields bear the names of the metrics that say the same.

    None is what the host does not say; ratios and the window are None before the second reading, too.
    """

    hostname: str
    time_seconds: float
    cpus_online: int
    cpu_usage_ratio: float | None
    memory_total_bytes: int | None
    memory_available_bytes: int | None
    load1: float | None
    load5: float | None
    load15: float | None
    process_count: int
    sample_window_seconds: float | None
    sorted_by: Order
    processes: tuple[Row, ...]


def as_json(view: View) -> str:
    """Return *view* as one JSON object in ASCII; what is not known is null."""
    return json.dumps(asdict(view), indent=2)

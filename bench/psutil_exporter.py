"""An exporter of top processes as anyone would write it: `python -m bench.psutil_exporter PORT`.

psutil finds the processes, prometheus_client serves them; nothing makes it slower than it has to be.
"""

import sys
import threading
from collections.abc import Callable, Iterator

import psutil
from prometheus_client import start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

_TOP = 10


class TopProcesses(Collector):
    """The top 10 by CPU and by memory."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        processes = list(psutil.process_iter(["name", "cpu_percent", "memory_info"]))
        yield _top("top_process_cpu_percent", "CPU usage.", processes, lambda p: p.info["cpu_percent"] or 0.0)
        yield _top("top_process_memory_bytes", "Resident memory.", processes, _rss_bytes)


def _rss_bytes(process: psutil.Process) -> float:
    memory = process.info["memory_info"]
    return float(memory.rss) if memory else 0.0


def _top(
    name: str, about: str, processes: list[psutil.Process], value: Callable[[psutil.Process], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=["pid", "name"])
    for process in sorted(processes, key=value, reverse=True)[:_TOP]:
        family.add_metric([str(process.pid), process.info["name"] or ""], value(process))
    return family


if __name__ == "__main__":
    REGISTRY.register(TopProcesses())
    start_http_server(int(sys.argv[1]), addr="127.0.0.1")
    threading.Event().wait()

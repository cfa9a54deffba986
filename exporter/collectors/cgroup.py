"""Limits and use of the exporter's own cgroup, and the container around it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import CONSTANT, counter, gauge, info
from exporter.host.cgroup import container_kind, own_cgroup, read_cpu_limit, read_memory_limit

CGROUP_MEMORY_LIMIT = gauge("marax_cgroup_memory_limit_bytes", "Memory limit of the exporter's own cgroup.")
CGROUP_MEMORY_USAGE = gauge("marax_cgroup_memory_usage_bytes", "Memory charged to the exporter's own cgroup.")
CGROUP_MEMORY_WORKING_SET = gauge(
    "marax_cgroup_memory_working_set_bytes",
    "Memory charged to the exporter's own cgroup, excluding inactive file cache.",
)
CGROUP_CPU_LIMIT = gauge("marax_cgroup_cpu_limit_cores", "CPU limit of the exporter's own cgroup, in CPUs.")
CGROUP_CPU_THROTTLED = counter(
    "marax_cgroup_cpu_throttled_seconds_total", "Time during which the exporter's own cgroup was throttled."
)
CONTAINER = info(
    "marax_container_info",
    "The kind of container that the exporter runs in; always 1, absent outside one.",
    kind=CONSTANT,
)


class CgroupCollector:
    """Nothing outside of a container and without limits; reads at most seven small files under *root*."""

    name = "cgroup"
    families = (
        CGROUP_MEMORY_LIMIT,
        CGROUP_MEMORY_USAGE,
        CGROUP_MEMORY_WORKING_SET,
        CGROUP_CPU_LIMIT,
        CGROUP_CPU_THROTTLED,
        CONTAINER,
    )

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(host.root)

    def collect(self) -> Iterator[Metric]:
        if kind := container_kind(self._root):
            yield CONTAINER.by({(kind,): 1})
        if cgroup := own_cgroup(self._root):
            yield from _limits(cgroup)


def _limits(cgroup: Path) -> Iterator[Metric]:
    if memory := read_memory_limit(cgroup):
        yield CGROUP_MEMORY_LIMIT.of(memory.limit_bytes)
        yield CGROUP_MEMORY_USAGE.of(memory.usage_bytes)
        yield CGROUP_MEMORY_WORKING_SET.of(memory.working_set_bytes)
    if cpu := read_cpu_limit(cgroup):
        yield CGROUP_CPU_LIMIT.of(cpu.limit_cores)
        yield CGROUP_CPU_THROTTLED.of(cpu.throttled_seconds)

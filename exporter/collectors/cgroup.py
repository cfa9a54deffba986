"""Limits and use of the exporter's own cgroup, and the container around it."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.cgroup import container_kind, own_cgroup, read_cpu_limit, read_memory_limit


class CgroupCollector:
    """Nothing outside of a container and without limits; reads at most seven small files under *root*."""

    name = "cgroup"
    families = (
        families.CGROUP_MEMORY_LIMIT,
        families.CGROUP_MEMORY_USAGE,
        families.CGROUP_MEMORY_WORKING_SET,
        families.CGROUP_CPU_LIMIT,
        families.CGROUP_CPU_THROTTLED,
        families.CONTAINER,
    )

    def __init__(self, root: Path) -> None:
        self._root = root

    def collect(self) -> Iterator[Metric]:
        if kind := container_kind(self._root):
            yield families.CONTAINER.by({(kind,): 1})
        if cgroup := own_cgroup(self._root):
            yield from _limits(cgroup)


def _limits(cgroup: Path) -> Iterator[Metric]:
    if memory := read_memory_limit(cgroup):
        yield families.CGROUP_MEMORY_LIMIT.of(memory.limit_bytes)
        yield families.CGROUP_MEMORY_USAGE.of(memory.usage_bytes)
        yield families.CGROUP_MEMORY_WORKING_SET.of(memory.working_set_bytes)
    if cpu := read_cpu_limit(cgroup):
        yield families.CGROUP_CPU_LIMIT.of(cpu.limit_cores)
        yield families.CGROUP_CPU_THROTTLED.of(cpu.throttled_seconds)

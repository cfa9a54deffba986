"""The limits that hold the exporter, and the container around it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Host
from exporter.collectors.family import CONSTANT, Family, counter, gauge, info
from exporter.host.cgroup import Cgroups, container_kind
from exporter.host.cgroup_limits import read_limits

_LONGEST = 256  # characters of a cgroup's path

CGROUP_LIMIT = info(
    "marax_cgroup_limit_info",
    "The cgroup whose limit is the lowest of the exporter's own cgroup and those above it; always 1.",
    resource="memory and cpu",
    cgroup="one for each resource, as long as no limit is changed",
)
CGROUP_MEMORY_LIMIT = gauge(
    "marax_cgroup_memory_limit_bytes",
    "Lowest memory limit of the exporter's own cgroup and those above it.",
)
CGROUP_MEMORY_USAGE = gauge(
    "marax_cgroup_memory_usage_bytes", "Memory charged to the cgroup with the lowest memory limit."
)
CGROUP_MEMORY_WORKING_SET = gauge(
    "marax_cgroup_memory_working_set_bytes",
    "Memory charged to the cgroup with the lowest memory limit, excluding inactive file cache.",
)
CGROUP_CPU_LIMIT = gauge(
    "marax_cgroup_cpu_limit_cores",
    "Lowest CPU limit of the exporter's own cgroup and those above it, in CPUs.",
)
CGROUP_CPU_THROTTLED = counter(
    "marax_cgroup_cpu_throttled_seconds_total",
    "Time during which the cgroup with the lowest CPU limit was throttled.",
)
CONTAINER = info(
    "marax_container_info",
    "The kind of container that the exporter runs in; always 1, absent outside one.",
    kind=CONSTANT,
)


class CgroupCollector:
    """Nothing outside of a container and without limits.

    Reads three small files for each level of the exporter's cgroup under *root*, and at most seven others.
    """

    name = "cgroup"
    families = (
        CGROUP_LIMIT,
        CGROUP_MEMORY_LIMIT,
        CGROUP_MEMORY_USAGE,
        CGROUP_MEMORY_WORKING_SET,
        CGROUP_CPU_LIMIT,
        CGROUP_CPU_THROTTLED,
        CONTAINER,
    )

    def __init__(self, root: Path) -> None:
        self._root = root
        self._cgroups = Cgroups(root)

    @classmethod
    def of(cls, host: Host) -> Self:
        return cls(host.root)

    def collect(self) -> Iterator[Metric]:
        if kind := container_kind(self._root):
            yield CONTAINER.by({(kind,): 1})
        limits = read_limits(self._cgroups)
        binding = {"memory": limits.memory, "cpu": limits.cpu}
        if any(binding.values()):
            yield CGROUP_LIMIT.by({(what, one.cgroup[:_LONGEST]): 1 for what, one in binding.items() if one})
        if memory := limits.memory:
            yield CGROUP_MEMORY_LIMIT.of(memory.limit_bytes)
            yield from _known(CGROUP_MEMORY_USAGE, memory.usage_bytes)
            yield from _known(CGROUP_MEMORY_WORKING_SET, memory.working_set_bytes)
        if cpu := limits.cpu:
            yield CGROUP_CPU_LIMIT.of(cpu.limit_cores)
            yield from _known(CGROUP_CPU_THROTTLED, cpu.throttled_seconds)
        limits.attempts.check()


def _known(family: Family, value: float | None) -> Iterator[Metric]:
    if value is not None:
        yield family.of(value)

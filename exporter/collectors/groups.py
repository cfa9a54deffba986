"""CPU and memory by group of processes."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors.family import counter, gauge
from exporter.host.table import ProcessTable
from exporter.processes.groups import GroupLedger

_GROUPS = "at most `processes.groups` and three of our own"

GROUP_CPU_SECONDS = counter(
    "marax_group_cpu_seconds_total",
    "CPU time by group of processes, including exited children; all groups add up to the host's usage.",
    group=_GROUPS,
)
GROUP_MEMORY_RSS = gauge(
    "marax_group_memory_rss_bytes",
    "Resident memory by group; shared pages are counted once per process.",
    group=_GROUPS,
)
GROUP_PROCESSES = gauge("marax_group_processes", "Processes by group.", group=_GROUPS)


class GroupsCollector:
    """The ledger's accounts; reads nothing as long as the process table keeps itself fresh."""

    name = "groups"
    families = (GROUP_CPU_SECONDS, GROUP_MEMORY_RSS, GROUP_PROCESSES)

    def __init__(self, table: ProcessTable, ledger: GroupLedger) -> None:
        self._table = table
        self._ledger = ledger

    def collect(self) -> Iterator[Metric]:
        self._table.keep_up()
        totals = self._ledger.totals
        if totals is not None:
            for family, values in zip(
                self.families, (totals.cpu_seconds, totals.rss_bytes, totals.processes), strict=True
            ):
                yield family.by({(group,): value for group, value in values.items()})

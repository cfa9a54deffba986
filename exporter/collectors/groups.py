"""CPU and memory by group of processes."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.table import ProcessTable
from exporter.processes.groups import GroupLedger


class GroupsCollector:
    """The ledger's accounts; reads nothing as long as the process table keeps itself fresh."""

    name = "groups"
    families = (families.GROUP_CPU_SECONDS, families.GROUP_MEMORY_RSS, families.GROUP_PROCESSES)

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

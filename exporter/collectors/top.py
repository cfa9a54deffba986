"""The top processes, each on its own."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.host.process_details import Details, DetailsReader
from exporter.host.stat import Process
from exporter.host.table import ProcessTable
from exporter.processes.top import TopMember, TopProcesses, TopSelection


class TopCollector:
    """What the selection chose; reads the details of each process once, and no processes else.

    The CPU ratios are left out when they would not speak of now.
    """

    name = "top"
    families = (
        families.TOP_CPU_USAGE_RATIO,
        families.TOP_MEMORY_RSS,
        families.TOP_INFO,
        families.TOP_IDENTITIES,
        families.TOP_IDENTITIES_LIMITED,
        families.SAMPLE_WINDOW,
    )

    def __init__(self, table: ProcessTable, selection: TopSelection, details: DetailsReader) -> None:
        self._table = table
        self._selection = selection
        self._reader = details
        self._details: dict[Process, Details] = {}

    def collect(self) -> Iterator[Metric]:
        self._table.keep_up()
        top = self._selection.newest
        if top is not None:
            yield from self._ratios(top)
            yield families.TOP_MEMORY_RSS.by({_labels(m): m.process.rss_bytes for m in top.members})
            yield families.TOP_INFO.by(self._infos(top))
            yield families.TOP_IDENTITIES.of(top.taken_up)
            yield families.TOP_IDENTITIES_LIMITED.of(top.limited)

    def _ratios(self, top: TopProcesses) -> Iterator[Metric]:
        if top.window is not None and self._table.is_current(top.sampled):
            yield families.SAMPLE_WINDOW.of(top.window.seconds)
            yield families.TOP_CPU_USAGE_RATIO.by(
                {_labels(m): m.cpu_ratio for m in top.members if m.cpu_ratio is not None}
            )

    def _infos(self, top: TopProcesses) -> dict[tuple[str, ...], float]:
        known, self._details = self._details, {}
        for member in top.members:
            details = known.get(member.shown) or self._reader.read(member.shown)
            if isinstance(details, Details):
                self._details[member.shown] = details
        return {
            (str(p.pid), p.name, d.user, str(p.parent_pid), d.unit, d.command_line): 1.0
            for p, d in self._details.items()
        }


def _labels(member: TopMember) -> tuple[str, str]:
    return str(member.shown.pid), member.shown.name

"""The top processes, each on its own."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from exporter.collectors.family import counter, gauge, info
from exporter.host.process_details import Details, DetailsReader
from exporter.host.stat import Process
from exporter.host.table import ProcessTable
from exporter.processes.top import TopMember, TopProcesses, TopSelection

_TOP = "at most 2 x `processes.top` at once, `processes.new_per_hour` new ones an hour"

SAMPLE_WINDOW = gauge("marax_sample_window_seconds", "Length of the window of the per-process CPU ratios.")
TOP_CPU_USAGE_RATIO = gauge(
    "marax_top_process_cpu_usage_ratio",
    "Share of the whole host's CPU time that the process used over the sample window, 0 to 1.",
    pid=_TOP,
    name=_TOP,
)
TOP_MEMORY_RSS = gauge(
    "marax_top_process_memory_rss_bytes", "Resident memory of the process.", pid=_TOP, name=_TOP
)
TOP_INFO = info(
    "marax_top_process_info",
    "Identity of the process; always 1. cmdline only with `processes.show_cmdline`.",
    pid=_TOP,
    name=_TOP,
    user=_TOP,
    ppid=_TOP,
    unit=_TOP,
    cmdline=_TOP,
)
TOP_IDENTITIES = counter(
    "marax_top_identities_total",
    "Processes newly admitted as top processes; a changed name or parent counts again.",
)
TOP_IDENTITIES_LIMITED = gauge(
    "marax_top_identities_limited",
    "1 while a top process is shown only in its group because the limit of new ones is reached.",
)


class TopCollector:
    """What the selection chose; reads the details of each process once, and no processes else.

    What a process shows again within the hour has the details that were read first: that is no new series. A
    user whose name is not known yet is shown by number, once for each process.

    The CPU ratios are left out when they would not speak of now.
    """

    name = "top"
    families = (
        TOP_CPU_USAGE_RATIO,
        TOP_MEMORY_RSS,
        TOP_INFO,
        TOP_IDENTITIES,
        TOP_IDENTITIES_LIMITED,
        SAMPLE_WINDOW,
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
            yield TOP_MEMORY_RSS.by({_labels(m): m.process.rss_bytes for m in top.members})
            yield TOP_INFO.by(self._infos(top))
            yield TOP_IDENTITIES.of(top.taken_up)
            yield TOP_IDENTITIES_LIMITED.of(top.limited)

    def _ratios(self, top: TopProcesses) -> Iterator[Metric]:
        if top.window is not None and self._table.is_current(top.sampled):
            yield SAMPLE_WINDOW.of(top.window.seconds)
            yield TOP_CPU_USAGE_RATIO.by(
                {_labels(m): m.cpu_ratio for m in top.members if m.cpu_ratio is not None}
            )

    def _infos(self, top: TopProcesses) -> dict[tuple[str, ...], float]:
        for member in top.members:
            details = self._details.get(member.shown) or self._reader.read(member.shown)
            if isinstance(details, Details):
                self._details[member.shown] = self._reader.completed(details)
        shown = [member.shown for member in top.members]
        if len(self._details) > 2 * (len(top.recent) + len(shown)):
            self._details = {p: self._details[p] for p in (*top.recent, *shown) if p in self._details}
        known = [(p, self._details[p]) for p in shown if p in self._details]
        return {
            (str(p.pid), p.name, d.user, str(p.parent_pid), d.unit, d.command_line): 1.0 for p, d in known
        }


def _labels(member: TopMember) -> tuple[str, str]:
    return str(member.shown.pid), member.shown.name

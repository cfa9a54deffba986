"""What came of the commands that were asked for."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
from exporter.commands.counts import RunCounts


class CommandsCollector:
    """Runs and refusals since the start, and the runs under way; reads nothing."""

    name = "commands"
    families = (families.COMMAND_RUNS, families.COMMAND_SECONDS, families.COMMANDS_RUNNING)

    def __init__(self, counts: RunCounts, running: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts
        self._running = running

    def collect(self) -> Iterator[Metric]:
        yield families.COMMAND_RUNS.by(self._counts.runs())
        yield families.COMMAND_SECONDS.by(self._counts.seconds())
        yield families.COMMANDS_RUNNING.of(sum(self._running().values()))

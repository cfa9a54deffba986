"""What marax-exporter says of itself."""

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric

from exporter.access.service import AuthService
from exporter.collectors import families
from exporter.commands.counts import RunCounts
from exporter.host.own_process import OwnProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigReload:
    """The last attempt to take up the settings file, and when one was last taken up (Unix time)."""

    successful: bool
    taken_up_at_seconds: float


class ExporterCollector:
    """Version, settings, HTTP requests, and the program's own process; reads two files of /proc/self."""

    name = "exporter"
    families = (
        families.BUILD,
        families.CONFIG_RELOAD_SUCCESS,
        families.CONFIG_RELOAD_TIMESTAMP,
        families.HTTP_REQUESTS,
        families.EXPORTER_CPU_SECONDS,
        families.EXPORTER_VIRTUAL_MEMORY,
        families.EXPORTER_RESIDENT_MEMORY,
        families.EXPORTER_START_TIME,
        families.EXPORTER_OPEN_FDS,
        families.EXPORTER_MAX_FDS,
    )

    def __init__(
        self,
        *,
        version: str,
        last_reload: Callable[[], ConfigReload],
        requests: Callable[[], Mapping[tuple[str, ...], int]],
        read_itself: Callable[[], OwnProcess],
    ) -> None:
        self._version = version
        self._last_reload = last_reload
        self._requests = requests
        self._read_itself = read_itself

    def collect(self) -> Iterator[Metric]:
        reload = self._last_reload()
        yield families.BUILD.by({(self._version, platform.python_version()): 1})
        yield families.CONFIG_RELOAD_SUCCESS.of(reload.successful)
        yield families.CONFIG_RELOAD_TIMESTAMP.of(reload.taken_up_at_seconds)
        yield families.HTTP_REQUESTS.by(self._requests())
        itself = self._read_itself()
        yield families.EXPORTER_CPU_SECONDS.of(itself.cpu_seconds)
        yield families.EXPORTER_VIRTUAL_MEMORY.of(itself.virtual_memory_bytes)
        yield families.EXPORTER_RESIDENT_MEMORY.of(itself.resident_memory_bytes)
        yield families.EXPORTER_START_TIME.of(itself.start_time_seconds)
        yield families.EXPORTER_OPEN_FDS.of(itself.open_fds)
        yield families.EXPORTER_MAX_FDS.of(itself.max_fds)


class AccessCollector:
    """Logins and refusals since the start; reads nothing, and says nothing as long as there are no users."""

    name = "access"
    families = (families.AUTH_FAILURES, families.LOGINS, families.TOKENS_REVOKED)

    def __init__(self, auth: AuthService) -> None:
        self._auth = auth

    def collect(self) -> Iterator[Metric]:
        if self._auth.access() is not None:
            counts = self._auth.counts
            yield families.AUTH_FAILURES.by({(reason,): n for reason, n in counts.refusals.items()})
            yield families.LOGINS.of(counts.logins)
            yield families.TOKENS_REVOKED.of(counts.revoked)


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

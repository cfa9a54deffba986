"""What marax-exporter says of itself."""

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric

from exporter.collectors import families
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

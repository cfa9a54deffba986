"""What marax-exporter says of itself."""

import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client.metrics_core import Metric

from exporter.access.counts import AccessCounts
from exporter.collectors.family import CONSTANT, counter, gauge, info
from exporter.commands.counts import RunCounts
from exporter.host.own_process import OwnProcess
from marax.settings.reload import LastReload

_COMMANDS = "those of the settings, `(shell)`, and `(unknown)` for what is none of them"

BUILD = info(
    "marax_build_info",
    "Version of the running marax-exporter; always 1.",
    version=CONSTANT,
    python_version=CONSTANT,
)
CONFIG_RELOAD_SUCCESS = gauge(
    "marax_config_reload_success", "1 if the last reload of the settings succeeded."
)
CONFIG_RELOAD_TIMESTAMP = gauge(
    "marax_config_reload_timestamp_seconds", "Unix time of the last successful reload of the settings."
)
HTTP_REQUESTS = counter(
    "marax_http_requests_total",
    "HTTP requests by endpoint and status code.",
    endpoint="our routes, and `unknown` for all else",
    code="the status codes that we answer with",
)
EXPORTER_CPU_SECONDS = counter(
    "process_cpu_seconds_total", "Total user and system CPU time spent in seconds."
)
EXPORTER_VIRTUAL_MEMORY = gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")
EXPORTER_RESIDENT_MEMORY = gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
EXPORTER_START_TIME = gauge(
    "process_start_time_seconds", "Start time of the process since unix epoch in seconds."
)
EXPORTER_OPEN_FDS = gauge("process_open_fds", "Number of open file descriptors.")
EXPORTER_MAX_FDS = gauge("process_max_fds", "Maximum number of open file descriptors.")

AUTH_FAILURES = counter(
    "marax_auth_failures_total",
    "Authentication and authorization failures, by reason.",
    reason="eight, always all of them",
)
LOGINS = counter("marax_logins_total", "Successful logins.")
TOKENS_REVOKED = counter(
    "marax_tokens_revoked_total", "Tokens revoked by logout or renewal; a logout everywhere counts once."
)

COMMAND_RUNS = counter(
    "marax_command_runs_total",
    "Command requests by outcome: how the run ended, or why it was refused.",
    command=_COMMANDS,
    outcome="four ends of runs, and seven reasons for none",
)
COMMAND_SECONDS = counter("marax_command_seconds_total", "Total run time of the command.", command=_COMMANDS)
COMMANDS_RUNNING = gauge("marax_commands_running", "Commands currently running.")


class ExporterCollector:
    """Version, settings, HTTP requests, and the program's own process; reads a file of /proc/self."""

    name = "exporter"
    families = (
        BUILD,
        CONFIG_RELOAD_SUCCESS,
        CONFIG_RELOAD_TIMESTAMP,
        HTTP_REQUESTS,
        EXPORTER_CPU_SECONDS,
        EXPORTER_VIRTUAL_MEMORY,
        EXPORTER_RESIDENT_MEMORY,
        EXPORTER_START_TIME,
        EXPORTER_OPEN_FDS,
        EXPORTER_MAX_FDS,
    )

    def __init__(
        self,
        *,
        version: str,
        last_reload: Callable[[], LastReload],
        requests: Callable[[], Mapping[tuple[str, ...], int]],
        read_itself: Callable[[], OwnProcess],
    ) -> None:
        self._version = version
        self._last_reload = last_reload
        self._requests = requests
        self._read_itself = read_itself

    def collect(self) -> Iterator[Metric]:
        reload = self._last_reload()
        yield BUILD.by({(self._version, platform.python_version()): 1})
        yield CONFIG_RELOAD_SUCCESS.of(reload.is_successful)
        yield CONFIG_RELOAD_TIMESTAMP.of(reload.loaded_at_seconds)
        yield HTTP_REQUESTS.by(self._requests())
        itself = self._read_itself()
        yield EXPORTER_CPU_SECONDS.of(itself.cpu_seconds)
        yield EXPORTER_MAX_FDS.of(itself.max_fds)
        for family, value in (
            (EXPORTER_VIRTUAL_MEMORY, itself.virtual_memory_bytes),
            (EXPORTER_RESIDENT_MEMORY, itself.resident_memory_bytes),
            (EXPORTER_START_TIME, itself.start_time_seconds),
            (EXPORTER_OPEN_FDS, itself.open_fds),
        ):
            if value is not None:
                yield family.of(value)
        itself.attempts.check()


class Auth(Protocol):
    """What admits users, if there are any."""

    @property
    def counts(self) -> AccessCounts: ...

    def access(self) -> object | None:
        """Return what admits now; None without users."""
        ...


class AccessCollector:
    """Logins and refusals since the start; reads nothing, and says nothing as long as there are no users."""

    name = "access"
    families = (AUTH_FAILURES, LOGINS, TOKENS_REVOKED)

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def collect(self) -> Iterator[Metric]:
        if self._auth.access() is not None:
            counts = self._auth.counts
            yield AUTH_FAILURES.by({(reason,): n for reason, n in counts.refusals.items()})
            yield LOGINS.of(counts.logins)
            yield TOKENS_REVOKED.of(counts.revoked)


class CommandsCollector:
    """Runs and refusals since the start, and the runs under way; reads nothing."""

    name = "commands"
    families = (COMMAND_RUNS, COMMAND_SECONDS, COMMANDS_RUNNING)

    def __init__(self, counts: RunCounts, running: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts
        self._running = running

    def collect(self) -> Iterator[Metric]:
        yield COMMAND_RUNS.by(self._counts.runs())
        yield COMMAND_SECONDS.by(self._counts.seconds())
        yield COMMANDS_RUNNING.of(sum(self._running().values()))

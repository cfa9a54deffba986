"""Whether the files that all else reads answer at all: those of LXCFS hang when it does.

To be asked first: even the import of prometheus_client, and of psutil, reads /proc/stat.
"""

from collections.abc import Sequence
from concurrent.futures import wait
from pathlib import Path

from exporter.doctor.finding import Finding
from exporter.host.files import Attempts, read_short_lines
from marax.threads import DaemonThreads

_FILES = ("stat", "meminfo", "loadavg", "vmstat", "uptime", "cpuinfo")
_PATIENCE_SECONDS = 5.0


def hanging_files(procfs: Path, *, patience_seconds: float = _PATIENCE_SECONDS) -> list[Path]:
    """Return the files under *procfs* that could not be read to their end in time."""
    threads = DaemonThreads(len(_FILES), name="doctor-files")
    readings = {threads.submit(_read, procfs / name): procfs / name for name in _FILES}
    _, hanging = wait(readings, patience_seconds)
    return [path for reading, path in readings.items() if reading in hanging]


def hanging_finding(paths: Sequence[Path], *, patience_seconds: float = _PATIENCE_SECONDS) -> Finding:
    """Say that *paths* hang, and that nothing else can be checked."""
    names = ", ".join(map(str, paths))
    return Finding(
        check="processes",
        verdict="problem",
        says=f"reading {names} does not end within {patience_seconds:g} s: nothing else can be checked",
        remedy="`findmnt --submounts /proc` shows what is mounted there: restart LXCFS, then the container",
    )


def _read(path: Path) -> None:
    Attempts().read(lambda: read_short_lines(path))

"""This very process: what it uses, as Prometheus client libraries report it."""

import os
import re
import resource
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from exporter.host.files import Attempts, HostReadError, read_text
from exporter.host.stat import MalformedStatError, parse_stat

_SIZES = re.compile(r"([0-9]{1,18}) ([0-9]{1,18}) ")
_CLOCK_WAS_SET_SECONDS = 60.0  # smaller corrections must not move what Prometheus takes for a constant


class BootClock(Protocol):
    """The wall clock, and the time since boot, which no setting of the clock changes."""

    def unix_seconds(self) -> float: ...

    def boottime_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProcess:
    """CPU time of all its threads; the start as Unix time; how many descriptors it has, and may have.

    None is what could not be read, and `attempts` says why.
    """

    cpu_seconds: float
    virtual_memory_bytes: int | None
    resident_memory_bytes: int | None
    start_time_seconds: float | None
    open_fds: int | None
    max_fds: int
    attempts: Attempts


class OwnProcessReader:
    """Reads one file of /proc/self; from Linux 6.2 on, descriptors are counted without listing them."""

    def __init__(self, procfs: Path, clock: BootClock) -> None:
        self._procfs = procfs
        self._clock = clock
        self._start_ticks: int | None = None
        self._start_time_seconds: float | None = None

    def read(self) -> OwnProcess:
        """Return what this process uses now.

        Its start stays as first seen, until the clock is set by more than a minute.
        """
        attempts = Attempts()
        used = resource.getrusage(resource.RUSAGE_SELF)
        size, resident = attempts.read(partial(_pages, self._procfs / "self/statm")) or (None, None)
        return OwnProcess(
            cpu_seconds=used.ru_utime + used.ru_stime,
            virtual_memory_bytes=size and size * resource.getpagesize(),
            resident_memory_bytes=resident and resident * resource.getpagesize(),
            start_time_seconds=attempts.read(self._start),
            open_fds=attempts.read(partial(_open_fds, self._procfs / "self/fd")),
            max_fds=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            attempts=attempts,
        )

    def _start(self) -> float:
        if self._start_ticks is None:
            self._start_ticks = _start_ticks(self._procfs / "self/stat")
        boot_time_seconds = self._clock.unix_seconds() - self._clock.boottime_seconds()
        start_time_seconds = boot_time_seconds + self._start_ticks / os.sysconf("SC_CLK_TCK")
        known_seconds = self._start_time_seconds
        if known_seconds is None or abs(start_time_seconds - known_seconds) > _CLOCK_WAS_SET_SECONDS:
            self._start_time_seconds = known_seconds = start_time_seconds
        return known_seconds


def _start_ticks(stat: Path) -> int:
    try:
        return parse_stat(read_text(stat).encode()).start_ticks
    except MalformedStatError as error:
        raise HostReadError(f"{stat}: {error}") from error


def _pages(statm: Path) -> tuple[int, int]:
    found = _SIZES.match(read_text(statm))
    if found is None:
        raise HostReadError(f"{statm}: not what the kernel writes")
    return int(found[1]), int(found[2])


def _open_fds(folder: Path) -> int:
    try:
        return folder.stat().st_size or len(list(folder.iterdir())) - 1  # less the one that lists them
    except OSError as error:
        raise HostReadError(f"cannot read {folder}: {error.strerror}") from error

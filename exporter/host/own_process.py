"""This very process: what it uses, as Prometheus client libraries report it."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import HostReadError, read_text
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.stat import MalformedStatError, parse_stat


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProcess:
    """CPU time of all its threads; the start as Unix time; how many descriptors it has, and may have."""

    cpu_seconds: float
    virtual_memory_bytes: int
    resident_memory_bytes: int
    start_time_seconds: float
    open_fds: int
    max_fds: int


class OwnProcessReader:
    """Reads two files of /proc/self; from Linux 6.2 on, descriptors are counted without listing them."""

    def __init__(self, procfs: Path) -> None:
        self._procfs = procfs
        self._start_time_seconds = 0.0

    def read(self) -> OwnProcess:
        """Return what this process uses now. Its start stays as first seen, even if the clock is set later.

        Raises:
            HostReadError: A file is missing or not what the kernel writes.
        """
        self._start_time_seconds = self._start_time_seconds or _start_time_seconds(self._procfs)
        used = resource.getrusage(resource.RUSAGE_SELF)
        size, resident = _pages(self._procfs / "self/statm")
        return OwnProcess(
            cpu_seconds=used.ru_utime + used.ru_stime,
            virtual_memory_bytes=size * resource.getpagesize(),
            resident_memory_bytes=resident * resource.getpagesize(),
            start_time_seconds=self._start_time_seconds,
            open_fds=_open_fds(self._procfs / "self/fd"),
            max_fds=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        )


def _start_time_seconds(procfs: Path) -> float:
    line = read_text(procfs / "self/stat").encode()
    try:
        start_ticks = parse_stat(line).start_ticks
    except MalformedStatError as error:
        raise HostReadError(f"{procfs}/self/stat: {error}") from error
    return read_kernel_stat(procfs).boot_time_seconds + start_ticks / os.sysconf("SC_CLK_TCK")


def _pages(statm: Path) -> tuple[int, int]:
    match read_text(statm).split():
        case [size, resident, *_] if size.isdecimal() and resident.isdecimal():
            return int(size), int(resident)
        case _:
            raise HostReadError(f"{statm}: not what the kernel writes")


def _open_fds(folder: Path) -> int:
    try:
        return folder.stat().st_size or len(list(folder.iterdir())) - 1  # less the one that lists them
    except OSError as error:
        raise HostReadError(f"cannot read {folder}: {error.strerror}") from error

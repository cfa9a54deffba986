"""The scan: every process of the host at one moment, each at the price of reading its stat file once."""

import os
import time
from pathlib import Path

from exporter.host.snapshot import Snapshot
from exporter.host.stat import MalformedStatError, Process, parse_stat
from exporter.host.stat_files import StatFiles
from exporter.host.totals import read_totals
from marax.clock import Clock


class ProcessScanner:
    """Scans all processes under a procfs, holding up to *held_descriptors* of their stat files open.

    Not for use by two threads at once; `close` gives all descriptors back.

    Raises:
        HostReadError: *procfs* is not a folder that can be opened.
    """

    def __init__(self, procfs: Path, clock: Clock, *, held_descriptors: int) -> None:
        self._procfs = procfs
        self._clock = clock
        self._files = StatFiles(procfs, may_hold=held_descriptors)
        self._ticks_per_second = os.sysconf("SC_CLK_TCK")
        self._seen: dict[str, tuple[bytes, Process]] = {}

    def scan(self) -> Snapshot:
        """Return all processes as they are now.

        Raises:
            HostReadError: The processes cannot be listed, or the host's totals cannot be read.
        """
        began_seconds = time.thread_time()
        boot_seconds = time.clock_gettime(time.CLOCK_BOOTTIME)  # LXCFS makes /proc/uptime the container's own
        processes: dict[int, Process] = {}
        refused = malformed = 0
        names = self._files.names()
        for name in names:
            try:
                process = self._process(name)
            except (FileNotFoundError, ProcessLookupError):
                continue  # gone since it was listed
            except PermissionError:
                refused += 1
            except (OSError, MalformedStatError):
                malformed += 1
            else:
                processes[process.pid] = process
        for name in self._seen.keys() - set(names):
            del self._seen[name]
        return Snapshot(
            processes=processes,
            refused=refused,
            malformed=malformed,
            totals=read_totals(self._procfs),
            ticks_per_second=self._ticks_per_second,
            boot_seconds=boot_seconds,
            monotonic_seconds=self._clock.monotonic_seconds(),
            unix_seconds=self._clock.unix_seconds(),
            cost_seconds=time.thread_time() - began_seconds,
        )

    def close(self) -> None:
        """Give every descriptor back; the scanner is of no more use."""
        self._files.close()

    def _process(self, name: str) -> Process:
        line = self._files.read(name)
        seen = self._seen.get(name)
        if seen is not None and seen[0] == line:
            return seen[1]  # most processes sleep: neither parsed nor stored anew
        process = parse_stat(line)
        if process.pid != int(name):
            raise MalformedStatError("another process's line")
        self._seen[name] = line, process
        return process

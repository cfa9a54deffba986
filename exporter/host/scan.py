"""The scan: every process of the host at one moment, at the price of one stat file for each that has run."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from exporter.host.snapshot import Snapshot
from exporter.host.stat import MalformedStatError, Process, parse_stat
from exporter.host.stat_files import StatFiles
from exporter.host.totals import read_totals
from marax.clock import Clock

_ZOMBIE, _DEAD = "Z", frozenset("ZXx")


@dataclass(slots=True)
class _Found:
    """What a scan has come upon, besides processes; *ended* are those that the one before still found."""

    ended: set[int] = field(default_factory=set)
    refused: int = 0
    malformed: int = 0


class ProcessScanner:
    """Scans all processes under a procfs, holding up to *held_descriptors* of their files open.

    The stat file of a process that sleeps is read at every 12th scan only, and when its parent has ended.
    Until then its resident memory is as old as that, should the host have taken some of it away. A process
    that was woken and still waits for a CPU passes for sleeping. Of a process whose main thread has ended,
    which its stat file calls a zombie without memory, one more file is read.

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
        self._processes: dict[int, Process] = {}

    def scan(self) -> Snapshot:
        """Return all processes as they are now.

        Raises:
            HostReadError: The processes cannot be listed.
        """
        began_seconds = time.thread_time()
        boot_seconds = time.clock_gettime(time.CLOCK_BOOTTIME)  # LXCFS makes /proc/uptime the container's own
        self._processes = self._processes.copy()  # the one before is in a snapshot
        found = _Found()
        names = self._files.names()
        for name in self._seen.keys() - names:
            self._lose(name, found)
        self._look_at(names - self._files.asleep(), found)
        self._look_at(self._orphans(found), found)
        return Snapshot(
            processes=self._processes,
            refused=found.refused,
            malformed=found.malformed,
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

    def _look_at(self, names: Iterable[str], found: _Found) -> None:
        for name in names:
            try:
                process = self._process(name, found)
            except (FileNotFoundError, ProcessLookupError):
                self._lose(name, found)  # gone since it was listed
            except PermissionError:
                self._lose(name, found)
                found.refused += 1
            except (OSError, MalformedStatError):
                self._lose(name, found)
                found.malformed += 1
            else:
                self._processes[process.pid] = process

    def _process(self, name: str, found: _Found) -> Process:
        line = self._files.read(name)
        seen_line, seen = self._seen.get(name, (b"", None))
        if seen is not None and line == seen_line:  # neither parsed nor stored anew
            if seen.threads == 1:
                self._files.watch(name)
            return seen
        process = parse_stat(line)
        if process.pid != int(name):
            raise MalformedStatError("another process's line")
        if seen is not None and not seen.is_same_as(process):
            found.ended.add(seen.pid)
        if process.threads > 1:
            self._files.unwatch(name)
            if process.state == _ZOMBIE:  # by its main thread alone: its line says nothing of the others
                line, process = b"", self._without_main_thread(name, process)
        self._seen[name] = line, process
        return process

    def _without_main_thread(self, name: str, process: Process) -> Process:
        """Return *process* with the state and the memory of a thread that lives, if there is one."""
        for line in self._files.read_other_threads(name):
            with suppress(MalformedStatError):
                thread = parse_stat(line)
                if thread.state not in _DEAD:
                    return msgspec.structs.replace(process, state=thread.state, rss_bytes=thread.rss_bytes)
        return process

    def _lose(self, name: str, found: _Found) -> None:
        _, process = self._seen.pop(name, (b"", None))
        if process is not None:
            del self._processes[process.pid]
            found.ended.add(process.pid)
        self._files.let_go(name)

    def _orphans(self, found: _Found) -> list[str]:
        """Return the processes whose parents have ended, to be read anew: they have other parents now."""
        if not found.ended:
            return []
        return [str(pid) for pid, process in self._processes.items() if process.parent_pid in found.ended]

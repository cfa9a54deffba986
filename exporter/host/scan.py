"""The scan: every process of the host at one moment, at the price of one stat file for each that has run."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from exporter.host.snapshot import Snapshot
from exporter.host.stat import MalformedStatError, Process, parse_stat
from exporter.host.stat_files import StatFiles
from exporter.host.totals import read_totals
from marax.clock import Clock

_ANEW_AFTER_SCANS = 12
_NEVER_RAN = b"0 0 0\n"  # or the kernel does not count


@dataclass(slots=True)
class _Seen:
    """What was last seen of a process.

    A process with one thread that has not run has not changed: its times, name, threads and state are those
    that it went to sleep with. Others can change its parent, by ending, and its memory, by taking it away.
    """

    line: bytes
    process: Process
    may_sleep: bool = False  # it has one thread, and its line was the same twice
    runs: bytes = b""  # as of before the line was read; empty if not known


@dataclass(slots=True)
class _Found:
    """What a scan has come upon so far; *ended* are the processes that were there at the scan before."""

    processes: dict[int, Process] = field(default_factory=dict)
    refused: int = 0
    malformed: int = 0
    ended: set[int] = field(default_factory=set)


class ProcessScanner:
    """Scans all processes under a procfs, holding up to *held_descriptors* of their files open.

    The stat file of a process that sleeps is read at every 12th scan only, and when its parent has ended.
    Until then its resident memory is as old as that, should the host have taken some of it away. A process
    that was woken and still waits for a CPU passes for sleeping.

    Not for use by two threads at once; `close` gives all descriptors back.

    Raises:
        HostReadError: *procfs* is not a folder that can be opened.
    """

    def __init__(self, procfs: Path, clock: Clock, *, held_descriptors: int) -> None:
        self._procfs = procfs
        self._clock = clock
        self._files = StatFiles(procfs, may_hold=held_descriptors)
        self._ticks_per_second = os.sysconf("SC_CLK_TCK")
        self._seen: dict[str, _Seen] = {}
        self._scans = 0

    def scan(self) -> Snapshot:
        """Return all processes as they are now.

        Raises:
            HostReadError: The processes cannot be listed, or the host's totals cannot be read.
        """
        began_seconds = time.thread_time()
        boot_seconds = time.clock_gettime(time.CLOCK_BOOTTIME)  # LXCFS makes /proc/uptime the container's own
        self._scans += 1
        found = _Found()
        names = self._files.names()
        self._forget_all_but(names, found)
        self._look_at(self._awake(names, found), found)
        self._look_at(self._orphans(found), found)
        return Snapshot(
            processes=found.processes,
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

    def _forget_all_but(self, names: Iterable[str], found: _Found) -> None:
        for name in self._seen.keys() - set(names):
            found.ended.add(self._seen.pop(name).process.pid)

    def _awake(self, names: Iterable[str], found: _Found) -> list[str]:
        """Return the processes that are to be read; the others sleep on and are found as they were."""
        awake = []
        turn = self._scans % _ANEW_AFTER_SCANS
        for name in names:
            seen = self._seen.get(name)
            if seen is None or not seen.may_sleep:
                awake.append(name)
                continue
            runs = self._files.runs(name)
            if runs == seen.runs and runs and seen.process.pid % _ANEW_AFTER_SCANS != turn:
                found.processes[seen.process.pid] = seen.process
            else:
                seen.runs = runs if runs != _NEVER_RAN else b""
                awake.append(name)
        return awake

    def _look_at(self, names: Iterable[str], found: _Found) -> None:
        for name in names:
            try:
                process = self._process(name, found)
            except (FileNotFoundError, ProcessLookupError):
                continue  # gone since it was listed
            except PermissionError:
                found.refused += 1
            except (OSError, MalformedStatError):
                found.malformed += 1
            else:
                found.processes[process.pid] = process

    def _process(self, name: str, found: _Found) -> Process:
        line = self._files.read(name)
        seen = self._seen.get(name)
        if seen is not None and line == seen.line:
            seen.may_sleep = seen.process.threads == 1
            return seen.process  # neither parsed nor stored anew
        process = parse_stat(line)
        if process.pid != int(name):
            raise MalformedStatError("another process's line")
        if seen is not None and not seen.process.is_same_as(process):
            found.ended.add(process.pid)
        self._seen[name] = _Seen(line, process)
        return process

    def _orphans(self, found: _Found) -> list[str]:
        """Return the processes whose parents have ended, to be read anew: they have other parents now."""
        if not found.ended:
            return []
        orphans = [str(pid) for pid, p in found.processes.items() if p.parent_pid in found.ended]
        for name in orphans:
            self._seen[name].runs = b""
            del found.processes[int(name)]
        return orphans

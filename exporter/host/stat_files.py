"""The stat and schedstat files of all processes, held open from scan to scan as far as descriptors reach."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from exporter.host.files import HostReadError

_LONGEST_LINE_BYTES = 2048  # no kernel writes more than about 1100
_LONGEST_RUNS_BYTES = 64  # three numbers of 64 bits
_OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
_MOST_DESCRIPTORS = 16384
_FLAGS = os.O_RDONLY | os.O_CLOEXEC
_LEFT_TO_OTHERS = 512  # connections, logs, commands

Result = TypeVar("Result")


def raise_descriptor_limit() -> None:
    """Raise this process's soft limit on descriptors to what can be put to use, as far as it may.

    Programs that are started later inherit it, unless they are given limits of their own.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _useful(soft) < _useful(hard):
        resource.setrlimit(resource.RLIMIT_NOFILE, (_useful(hard), hard))


def spare_descriptors() -> int:
    """Return how many descriptors may be held under this process's limit, with enough left to others."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(0, _useful(soft) - _LEFT_TO_OTHERS)


def _useful(limit: int) -> int:
    return _MOST_DESCRIPTORS if limit == resource.RLIM_INFINITY else min(limit, _MOST_DESCRIPTORS)


class StatFiles:
    """Reads files under a procfs; a held one costs half as much as one that must be opened and closed.

    A held descriptor belongs to its process for ever: when that is gone it reads nothing, whoever bears the
    number next. When descriptors run out, all are given back and none is held from then on. Not for use
    by two threads at once; `close` gives all back.

    Raises:
        HostReadError: *procfs* is not a folder that can be opened.
    """

    def __init__(self, procfs: Path, *, may_hold: int) -> None:
        self._procfs = procfs
        self._may_hold = may_hold
        self._stats: dict[str, int] = {}
        self._runs: dict[str, int] = {}
        self._tells_runs = (procfs / "self/schedstat").exists()
        try:
            self._folder = os.open(procfs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise HostReadError(f"cannot read {procfs}: {error.strerror}") from error

    @property
    def held(self) -> int:
        """How many descriptors are held now."""
        return len(self._stats) + len(self._runs)

    def names(self) -> list[str]:
        """Return the folder name of every process, and let go of the others.

        Raises:
            HostReadError: The processes cannot be listed.
        """
        try:
            entries = self._with_room(lambda: os.listdir(self._folder))  # noqa: PTH208 - it takes a descriptor
        except OSError as error:
            raise HostReadError(f"cannot list {self._procfs}: {error.strerror}") from error
        names = [entry for entry in entries if entry.isdecimal()]
        listed = set(names)
        for held in (self._stats, self._runs):
            for name in held.keys() - listed:
                os.close(held.pop(name))
        return names

    def read(self, name: str) -> bytes:
        """Return the stat file of the process whose folder is *name*.

        Raises:
            OSError: FileNotFoundError or ProcessLookupError if it is gone, PermissionError if not for us.
            HostReadError: This process is out of descriptors.
        """
        line = _read_held(self._stats, name, _LONGEST_LINE_BYTES)
        if line is not None:
            return line
        path = f"{name}/stat"
        descriptor = self._with_room(lambda: os.open(path, _FLAGS, dir_fd=self._folder))
        if self.held < self._may_hold:
            self._stats[name] = descriptor
            return os.pread(descriptor, _LONGEST_LINE_BYTES, 0)
        try:
            return os.read(descriptor, _LONGEST_LINE_BYTES)
        finally:
            os.close(descriptor)

    def runs(self, name: str) -> bytes:
        """Return the schedstat file of the process: what its main thread has run so far (sched-stats.rst).

        It costs a third of a stat file. Empty when it is not known: the kernel does not tell, the process is
        gone, or no more descriptors may be held, without which it is no cheaper.
        """
        try:
            if name not in self._runs and self._tells_runs and self.held < self._may_hold:
                self._runs[name] = os.open(f"{name}/schedstat", _FLAGS, dir_fd=self._folder)
            return _read_held(self._runs, name, _LONGEST_RUNS_BYTES) or b""
        except OSError:
            return b""

    def close(self) -> None:
        """Give every descriptor back; the files are of no more use."""
        self._release_all()
        os.close(self._folder)

    def _with_room(self, call: Callable[[], Result]) -> Result:
        try:
            return call()
        except OSError as error:
            if error.errno not in _OUT_OF_DESCRIPTORS:
                raise
        self._release_all()
        self._may_hold = 0
        try:
            return call()
        except OSError as error:
            if error.errno not in _OUT_OF_DESCRIPTORS:
                raise
            raise HostReadError(f"cannot read {self._procfs}: {error.strerror}") from error

    def _release_all(self) -> None:
        for held in (self._stats, self._runs):
            while held:
                os.close(held.popitem()[1])


def _read_held(held: dict[str, int], name: str, longest_bytes: int) -> bytes | None:
    """Return what the descriptor held for *name* reads, None if there is none or its process is gone."""
    descriptor = held.get(name)
    if descriptor is None:
        return None
    try:
        return os.pread(descriptor, longest_bytes, 0)
    except ProcessLookupError:
        os.close(held.pop(name))  # the number may be another's by now
        return None

"""The stat files of all processes, held open from scan to scan as far as descriptors reach."""

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from exporter.host.files import HostReadError
from exporter.host.idle_processes import IdleProcesses

_LONGEST_LINE_BYTES = 2048  # no kernel writes more than about 1100
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
    """Reads stat files under a procfs; a held one costs half as much as one that must be opened and closed.

    A held descriptor belongs to its process for ever: when that is gone it reads nothing, whoever bears the
    number next. When descriptors run out, all are given back and none is held from then on. Not for use
    by two threads at once; `close` gives all back.

    Raises:
        HostReadError: *procfs* is not a folder that can be opened.
    """

    def __init__(self, procfs: Path, *, may_hold: int) -> None:
        self._procfs = procfs
        self._may_hold = may_hold
        self._held: dict[str, int] = {}
        try:
            self._folder = os.open(procfs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise HostReadError(f"cannot read {procfs}: {error.strerror}") from error
        self._idle = IdleProcesses(self._folder)

    @property
    def held(self) -> int:
        """How many descriptors are held now."""
        return len(self._held) + self._idle.held

    def names(self) -> set[str]:
        """Return the folder name of every process.

        Raises:
            HostReadError: The processes cannot be listed.
        """
        try:
            entries = self._with_room(lambda: os.listdir(self._folder))  # noqa: PTH208 - it takes a descriptor
        except OSError as error:
            raise HostReadError(f"cannot list {self._procfs}: {error.strerror}") from error
        return {entry for entry in entries if entry.isdecimal()}

    def asleep(self) -> set[str]:
        """Return those of the watched that have not run since the call before; for `read` after this."""
        return self._idle.look()

    def watch(self, name: str) -> None:
        """Watch a process, which has one thread, for `asleep`, if there are descriptors for that."""
        if name not in self._idle and self.held < self._may_hold:
            self._idle.watch(name)

    def unwatch(self, name: str) -> None:
        """Stop watching a process for `asleep`."""
        self._idle.forget(name)

    def let_go(self, name: str) -> None:
        """Hold nothing of a process any longer."""
        self._idle.forget(name)
        if name in self._held:
            self._release(name)

    def read(self, name: str) -> bytes:
        """Return the stat file of the process whose folder is *name*.

        Raises:
            OSError: FileNotFoundError or ProcessLookupError if it is gone, PermissionError if not for us.
            HostReadError: This process is out of descriptors.
        """
        if name in self._held:
            try:
                return os.pread(self._held[name], _LONGEST_LINE_BYTES, 0)
            except ProcessLookupError:
                self._release(name)  # gone; the number may be another's by now
        path = f"{name}/stat"
        descriptor = self._with_room(lambda: os.open(path, _FLAGS, dir_fd=self._folder))
        if self.held < self._may_hold:
            self._held[name] = descriptor
            return os.pread(descriptor, _LONGEST_LINE_BYTES, 0)
        try:
            return os.read(descriptor, _LONGEST_LINE_BYTES)
        finally:
            os.close(descriptor)

    def read_other_threads(self, name: str) -> Iterator[bytes]:
        """Yield the stat files of the threads of a process, less the main one, as far as they can be read.

        Raises:
            HostReadError: This process is out of descriptors.
        """
        folder = self._procfs / name / "task"
        with suppress(OSError):
            for thread in self._with_room(partial(os.listdir, folder)):
                if thread != name:
                    with suppress(OSError):
                        yield self._with_room(partial(_content, folder / thread / "stat"))

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

    def _release(self, name: str) -> None:
        os.close(self._held.pop(name))

    def _release_all(self) -> None:
        for name in list(self._held):
            self._release(name)
        self._idle.forget_all()


def _content(path: Path) -> bytes:
    descriptor = os.open(path, _FLAGS)
    try:
        return os.read(descriptor, _LONGEST_LINE_BYTES)
    finally:
        os.close(descriptor)

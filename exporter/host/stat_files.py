"""The stat files of all processes, held open from scan to scan as far as descriptors reach."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from exporter.host.files import HostReadError

_LONGEST_LINE_BYTES = 2048  # no kernel writes more than about 1100
_OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
_MOST_HELD = 16384
_LEFT_TO_OTHERS = 512  # connections, logs, commands

Result = TypeVar("Result")


def spare_descriptors() -> int:
    """Return how many descriptors may be held under this process's limit, with enough left to others."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_HELD if soft == resource.RLIM_INFINITY else max(0, min(_MOST_HELD, soft - _LEFT_TO_OTHERS))


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

    @property
    def held(self) -> int:
        """How many descriptors are held now."""
        return len(self._held)

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
        for name in self._held.keys() - set(names):
            self._release(name)
        return names

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
        descriptor = self._with_room(lambda: os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._folder))
        if len(self._held) < self._may_hold:
            self._held[name] = descriptor
            return os.pread(descriptor, _LONGEST_LINE_BYTES, 0)
        try:
            return os.read(descriptor, _LONGEST_LINE_BYTES)
        finally:
            os.close(descriptor)

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

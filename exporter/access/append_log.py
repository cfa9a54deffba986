"""A file of lines that survives the end of the program at any moment."""

import errno
import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self


class AppendLog:
    """Lines in a file that nobody else reads or writes; what was appended is on disk.

    Raises:
        OSError: The file cannot be had; BlockingIOError if another process keeps it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._file = -1
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file = self._open(path)
        except OSError:
            self.close()
            raise
        self._end = os.fstat(self._file).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the file to others."""
        for descriptor in (self._file, self._folder):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._folder = -1

    def lines(self) -> tuple[list[bytes], bytes]:
        """Return the whole lines, and what follows the last one: an append that was cut short."""
        *lines, rest = self._path.read_bytes().split(b"\n")
        return lines, rest

    def append(self, line: bytes) -> None:
        """Return once *line* is on disk.

        Raises:
            OSError: It is not, and the lines before it are as they were.
        """
        try:
            _write(self._file, line + b"\n", self._end)
            os.fdatasync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise
        self._end += len(line) + 1

    def replace(self, lines: Iterable[bytes]) -> None:
        """Hold *lines* only: all of them on disk, or the old ones still.

        Raises:
            OSError: It still holds the old ones.
        """
        draft = self._path.with_name(self._path.name + ".new")
        content = b"".join(line + b"\n" for line in lines)
        draft.unlink(missing_ok=True)
        file = self._open(draft)
        try:
            _write(file, content, 0)
            os.fsync(file)
            draft.replace(self._path)
            os.fsync(self._folder)
        except OSError:
            os.close(file)
            raise
        os.close(self._file)
        self._file, self._end = file, len(content)

    def _open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _write(file: int, content: bytes, offset: int) -> None:
    if os.pwrite(file, content, offset) < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

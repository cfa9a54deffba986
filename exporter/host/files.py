"""Small files of the kernel, read whole."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

PROCFS = Path("/proc")
ROOT = Path("/")

_LARGEST_BYTES = 4 * 1024 * 1024
_LARGEST_READ_BYTES = 256 * 1024 * 1024
_LONGEST_LINE_BYTES = 4096
_PART_BYTES = 65536

Reading = TypeVar("Reading")


class HostReadError(Exception):
    """The machine could not be read; each argument names a file and what is wrong with it."""

    def __str__(self) -> str:
        return "; ".join(map(str, self.args))


class Attempts:
    """Several readings, each of which may fail without the others."""

    def __init__(self) -> None:
        self._errors: list[str] = []

    def read(self, reading: Callable[[], Reading]) -> Reading | None:
        """Return what *reading* returns; None if it raises HostReadError, which is noted."""
        try:
            return reading()
        except HostReadError as error:
            self._errors += map(str, error.args)
            return None

    def check(self) -> None:
        """Say what could not be read.

        Raises:
            HostReadError: Something could not.
        """
        if self._errors:
            raise HostReadError(*dict.fromkeys(self._errors))


def read_text(path: Path) -> str:
    """Return what *path* holds, 4 MiB at most; bytes that are not UTF-8 become U+FFFD.

    Raises:
        HostReadError: It cannot be read, or is larger; `__cause__` is the OSError, if there was one.
    """
    return _read(path, _whole).decode(errors="replace")


def is_there(path: Path) -> bool:
    """Return whether *path* can be seen: not behind a folder or a mount that cannot be looked into."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def read_short_lines(path: Path) -> str:
    """Return the lines of *path* that are shorter than 4 KiB, however long the others are.

    Raises:
        HostReadError: It cannot be read, or these lines are more than 4 MiB.
    """
    return _read(path, _short_lines).decode(errors="replace")


def _read(path: Path, content: Callable[[Iterator[bytes]], bytes]) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return content(_parts(descriptor))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise HostReadError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise HostReadError(f"cannot read {str(path)!r}: {error}") from error  # NUL cannot be in a path


def _parts(descriptor: int) -> Iterator[bytes]:
    left = _LARGEST_READ_BYTES
    while part := os.read(descriptor, _PART_BYTES):
        left -= len(part)
        if left < 0:
            raise ValueError(f"more than {_LARGEST_READ_BYTES // 1024**2} MiB")
        yield part


def _whole(parts: Iterator[bytes]) -> bytes:
    whole = bytearray()
    for part in parts:
        _add(whole, part)
    return bytes(whole)


def _short_lines(parts: Iterator[bytes]) -> bytes:
    kept, line = bytearray(), b""
    for part in parts:
        *ended, line = (line + part).split(b"\n")
        for one in ended:
            if len(one) < _LONGEST_LINE_BYTES:
                _add(kept, one + b"\n")
        line = line[:_LONGEST_LINE_BYTES]  # more of one that is too long anyway is not kept
    if len(line) < _LONGEST_LINE_BYTES:
        _add(kept, line)
    return bytes(kept)


def _add(kept: bytearray, part: bytes) -> None:
    if len(kept) + len(part) > _LARGEST_BYTES:
        raise ValueError(f"more than {_LARGEST_BYTES // 1024**2} MiB")
    kept += part

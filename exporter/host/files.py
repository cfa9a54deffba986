"""Small files of the kernel, read whole."""

import os
from pathlib import Path

PROCFS = Path("/proc")
ROOT = Path("/")

_LARGEST_BYTES = 4 * 1024 * 1024


class HostReadError(Exception):
    """The machine could not be read; the message names the file and what is wrong with it."""


def read_text(path: Path) -> str:
    """Return what *path* holds, its first 4 MiB; bytes that are not UTF-8 become U+FFFD.

    Raises:
        HostReadError: It cannot be read; `__cause__` is the OSError, if there was one.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return _whole(descriptor).decode(errors="replace")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise HostReadError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise HostReadError(f"cannot read {str(path)!r}: {error}") from error  # NUL cannot be in a path


def _whole(descriptor: int) -> bytes:
    parts: list[bytes] = []
    left = _LARGEST_BYTES
    while left and (part := os.read(descriptor, min(left, 65536))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)

"""Files of one process, and of no other that may bear its number by now."""

import os
from dataclasses import dataclass
from pathlib import Path

from exporter.host.stat import MalformedStatError, Process, parse_stat

_LONGEST_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Gone:
    """The process has ended."""


def read_pinned(procfs: Path, process: Process, *names: str) -> dict[str, str] | Gone:
    """Return what the files *names* of *process* hold, by name: 8 KiB at most, nothing if it is unreadable.

    They are read through a descriptor of the process's folder. That is bound to the process itself: after
    the start time has been checked through it, nothing else can answer, even if the number is given away.
    """
    try:
        folder = os.open(procfs / str(process.pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return Gone()
    try:
        if not process.is_same_as(parse_stat(_read("stat", folder))):
            return Gone()
        return {name: _read(name, folder).decode(errors="replace") for name in names}
    except MalformedStatError:
        return Gone()
    finally:
        os.close(folder)


def _read(name: str, folder: int) -> bytes:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _LONGEST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(descriptor)

"""/proc/pressure: how long tasks waited for CPU, memory, I/O and interrupts (kernel: accounting/psi.rst)."""

import errno
import re
from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import HostReadError, read_text

RESOURCES = ("cpu", "memory", "io", "irq")
_LINE = re.compile(r"(some|full) avg10=[0-9.]+ avg60=[0-9.]+ avg300=[0-9.]+ total=([0-9]{1,20})")
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EOPNOTSUPP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """Seconds since boot in which some, or all, tasks waited; None where the kernel does not count it."""

    waiting_seconds: float | None
    stalled_seconds: float | None


def read_pressure(procfs: Path, resource: str) -> Pressure | None:
    """Return the pressure on *resource*, one of `RESOURCES`; None if the kernel does not account for it.

    Raises:
        HostReadError: The file is there but cannot be read, or is not what the kernel writes.
    """
    path = procfs / "pressure" / resource
    try:
        return parse_pressure(read_text(path))
    except HostReadError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in _ABSENT:
            return None
        raise
    except ValueError as error:
        raise HostReadError(f"{path}: {error}") from error


def parse_pressure(text: str) -> Pressure:
    """Return what *text*, one file of /proc/pressure, says.

    Raises:
        ValueError: A line is not as the kernel writes it.
    """
    matches = [_LINE.fullmatch(line) for line in text.splitlines()]
    seconds = {match[1]: int(match[2]) / 1e6 for match in matches if match}
    if not seconds or None in matches:
        raise ValueError("not a PSI file")
    return Pressure(waiting_seconds=seconds.get("some"), stalled_seconds=seconds.get("full"))

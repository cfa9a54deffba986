"""/proc/loadavg: how many tasks ran or waited to run, and how many there are (proc_loadavg(5)).

The file, not getloadavg(3): that asks the kernel, which knows nothing of what LXCFS says of a container.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import final

from exporter.host.files import HostReadError, read_text

_AVERAGE = r"([0-9]{1,9}\.[0-9]{1,9})"
_LINE = re.compile(rf"{_AVERAGE} {_AVERAGE} {_AVERAGE} [0-9]+/([0-9]{{1,18}}) [0-9]+\n?")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load averages over 1, 5 and 15 minutes; `tasks` is the number of all threads of the host."""

    load1: float
    load5: float
    load15: float
    tasks: int


def read_load(procfs: Path) -> Load:
    """Return what `loadavg` under *procfs* says now.

    Raises:
        HostReadError: It cannot be read, or is not what the kernel writes.
    """
    path = procfs / "loadavg"
    found = _LINE.fullmatch(read_text(path))
    if found is None:
        raise HostReadError(f"{path}: not what the kernel writes")
    load1, load5, load15, tasks = found.groups()
    return Load(load1=float(load1), load5=float(load5), load15=float(load15), tasks=int(tasks))

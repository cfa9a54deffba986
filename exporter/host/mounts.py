"""What is mounted where, as one process sees it: /proc/PID/mountinfo (proc_pid_mountinfo(5))."""

import re
from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import read_text

_ESCAPED = re.compile(r"\\([0-7]{3})")
_FIELDS_BEFORE, _FIELDS_BEHIND = 6, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A mount.

    Attributes:
        number: Its own.
        parent: The number of the mount that it lies upon.
        root: The folder of the filesystem that is mounted.
        point: Where.
        kind: The type of the filesystem.
        options: Those of the filesystem, with their values.
    """

    number: str
    parent: str
    root: str
    point: str
    kind: str
    options: dict[str, str]


def read_mounts(process: Path) -> list[Mount]:
    """Return what the process whose folder in procfs is *process* sees mounted, in the kernel's order.

    Raises:
        HostReadError: It cannot be read.
    """
    mounts = (_mount(line) for line in read_text(process / "mountinfo").splitlines())
    return [mount for mount in mounts if mount is not None]


def _mount(line: str) -> Mount | None:
    before, _, behind = line.partition(" - ")
    fields, filesystem = before.split(" "), behind.split(" ")
    if len(fields) < _FIELDS_BEFORE or len(filesystem) < _FIELDS_BEHIND:
        return None
    pairs = (option.partition("=") for option in filesystem[-1].split(","))
    return Mount(
        number=fields[0],
        parent=fields[1],
        root=_plain(fields[3]),
        point=_plain(fields[4]),
        kind=filesystem[0],
        options={name: value for name, _, value in pairs},
    )


def _plain(path: str) -> str:
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 8)), path)

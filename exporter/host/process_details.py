"""Details of one process, too expensive to read for all: user, systemd unit, command line."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from exporter.host.proc_dir import Gone, read_pinned
from exporter.host.stat import Process
from exporter.host.unit import unit_of
from exporter.host.user_names import UserNames

_REAL_USER = re.compile(r"^Uid:\t([0-9]{1,10})\t", re.MULTILINE)
_LONGEST_COMMAND_LINE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Of a process; each is empty if it could not be read or there is none.

    Attributes:
        user: Its real user's name, or number if it has no name or that is not known yet.
        unit: Its systemd unit.
        command_line: Its arguments, up to 120 printable characters.
        nameless_user: The number of that user, as long as the name is not known.
    """

    user: str
    unit: str
    command_line: str
    nameless_user: int | None = None


class DetailsReader:
    """Reads details; the command line only if *show_command_line*, as it may hold secrets."""

    def __init__(self, procfs: Path, users: UserNames, *, show_command_line: bool) -> None:
        self._procfs = procfs
        self._users = users
        self._files = ("status", "cgroup", "cmdline") if show_command_line else ("status", "cgroup")

    def read(self, process: Process) -> Details | Gone:
        """Return the details of *process*, and never those of another that bears its number by now."""
        files = read_pinned(self._procfs, process, *self._files)
        if isinstance(files, Gone):
            return files
        user = _REAL_USER.search(files["status"])
        return self.completed(
            Details(
                user=user[1] if user else "",
                unit=unit_of(files["cgroup"]),
                command_line=printable(files.get("cmdline", "")),
                nameless_user=int(user[1]) if user else None,
            )
        )

    def completed(self, details: Details) -> Details:
        """Return *details* with the name of the user, if that is known by now; reads nothing."""
        if details.nameless_user is None:
            return details
        name = self._users.name(details.nameless_user)
        return details if name is None else replace(details, user=name, nameless_user=None)


def printable(arguments: str) -> str:
    """Return *arguments*, which the kernel ends with NUL each, as at most 120 printable characters."""
    line = "".join(char if char.isprintable() else " " for char in arguments[: 2 * _LONGEST_COMMAND_LINE])
    return line.strip()[:_LONGEST_COMMAND_LINE]

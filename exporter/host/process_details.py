"""Details of one process, too expensive to read for all: user, systemd unit, command line."""

import pwd
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exporter.host.proc_dir import Gone, read_pinned
from exporter.host.stat import Process
from exporter.host.unit import unit_of
from marax.clock import Clock

_REAL_USER = re.compile(r"^Uid:\t([0-9]{1,10})\t", re.MULTILINE)
_LONGEST_COMMAND_LINE = 120
_USER_KEPT_SECONDS = 300.0
_MOST_USERS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Of a process; each is empty if it could not be read or there is none.

    Attributes:
        user: Its real user's name, or number if it has no name.
        unit: Its systemd unit.
        command_line: Its arguments, up to 120 printable characters.
    """

    user: str
    unit: str
    command_line: str


class DetailsReader:
    """Reads details; the command line only if *show_command_line*, as it may hold secrets."""

    def __init__(self, procfs: Path, clock: Clock, *, show_command_line: bool) -> None:
        self._procfs = procfs
        self._users = UserNames(clock)
        self._files = ("status", "cgroup", "cmdline") if show_command_line else ("status", "cgroup")

    def read(self, process: Process) -> Details | Gone:
        """Return the details of *process*, and never those of another that bears its number by now."""
        files = read_pinned(self._procfs, process, *self._files)
        if isinstance(files, Gone):
            return files
        user = _REAL_USER.search(files["status"])
        return Details(
            user=self._users.name(int(user[1])) if user else "",
            unit=unit_of(files["cgroup"]),
            command_line=printable(files.get("cmdline", "")),
        )


def user_name(uid: int) -> str:
    """Return the name of user *uid*, or its number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


class UserNames:
    """Names of users, asked for at most every 5 minutes: the answer may come from a directory server."""

    def __init__(self, clock: Clock, *, look_up: Callable[[int], str] = user_name) -> None:
        self._clock = clock
        self._look_up = look_up
        self._known: dict[int, tuple[float, str]] = {}

    def name(self, uid: int) -> str:
        """Return the name of user *uid*, at most 5 minutes old."""
        now_seconds = self._clock.monotonic_seconds()
        asked_seconds, name = self._known.get(uid, (-_USER_KEPT_SECONDS, ""))
        if not name or now_seconds - asked_seconds >= _USER_KEPT_SECONDS:
            if len(self._known) >= _MOST_USERS:
                self._known.clear()
            name = self._look_up(uid)
            self._known[uid] = now_seconds, name
        return name


def printable(arguments: str) -> str:
    """Return *arguments*, which the kernel ends with NUL each, as at most 120 printable characters."""
    line = "".join(char if char.isprintable() else " " for char in arguments[: 2 * _LONGEST_COMMAND_LINE])
    return line.strip()[:_LONGEST_COMMAND_LINE]

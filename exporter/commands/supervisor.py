# ruff: noqa: PTH123
# pathlib would take longer to import than this may take to start: it does for each run.
"""Supervises one command: starts it, and leaves nothing of it behind.

The exporter runs this file as a program, `supervisor.py SECONDS GRACE USER PROGRAM [ARGUMENT...]`, once for
each run, in the environment and folder that the command shall have. USER is `UID:GID:GROUP,GROUP...`, or
empty for that of the exporter.

Whatever the command starts stays below this process: orphans come to it, as it is their subreaper. It ends
them all, by SIGTERM and after a time of grace by SIGKILL, when the command has ended, has taken
SECONDS, or when nobody is left at the other end of the socket that is its stdin: the exporter lets go of a
run by closing it, and has let go of all of them when it is killed.

Its stdout becomes the stdout and stderr of the command. On the socket it says `started`, and in the end
`END CODE SECONDS LEFT`, END being `ended`, `timed-out` or `abandoned`, CODE negative for a signal, and LEFT
how many processes could not be ended (another user's, or stuck in the kernel); or nothing but
`failed ERRNO` when the program could not be started.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36
_SOCKET, _OUTPUT = 0, 1
_OPEN_FILES = 1024
_UMASK = 0o022
_ROUND_SECONDS = 0.01
_KILL_SECONDS = 1.0

_libc = ctypes.CDLL(None)


class Tree:
    """A command and whatever it has started."""

    def __init__(self, command: int) -> None:
        self._command = command
        self.exit_code: int | None = None

    def reap(self) -> bool:
        """Take note of whoever has ended, and return whether anyone is left."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return True
                if pid == self._command:
                    self.exit_code = os.waitstatus_to_exitcode(status)
        return False

    def end(self, grace_seconds: float) -> None:
        """End everyone, and return when they are gone, or SIGKILL has done nothing for a second.

        Only whole groups of our own children are told: until it is reaped a child keeps its number and its
        group's from being given to another, and when it is gone its own children are ours.
        """
        kill_at = time.monotonic() + grace_seconds
        asked: set[int] = set()
        while self.reap() and time.monotonic() < kill_at + _KILL_SECONDS:
            groups = {os.getpgid(pid) for pid in _children()} - {os.getpgrp()}
            if time.monotonic() < kill_at:
                _signal(groups - asked, signal.SIGTERM)
                asked |= groups
            else:
                _signal(groups, signal.SIGKILL)
            time.sleep(_ROUND_SECONDS)


def main(argv: list[str]) -> None:
    """Supervise the command in *argv*."""
    time_limit, grace, user, *command = argv
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a service manager tells everyone: the exporter tells us
    woken = _woken_by_children()
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    tree = Tree(_start(command, user))
    _report("started")
    os.close(_OUTPUT)  # so that the exporter sees when the command and its children close theirs
    end = _watch(tree, woken, began + float(time_limit))
    tree.end(float(grace))
    left = len(_children())
    code = -signal.SIGKILL if tree.exit_code is None else tree.exit_code
    _report(f"{end} {code} {time.monotonic() - began:.3f} {left}")
    while tree.reap():
        select.select([woken], [], [])
        os.read(woken, 1)
    os._exit(0)  # at once: nothing is left to tidy up


def _woken_by_children() -> int:
    """Return a descriptor with something to read after a child's end."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    return woken


def _watch(tree: Tree, woken: int, until: float) -> str:
    while True:
        tree.reap()
        left_seconds = until - time.monotonic()
        if tree.exit_code is not None:
            return "ended"
        if left_seconds <= 0:
            return "timed-out"
        ready, _, _ = select.select([_SOCKET, woken], [], [], left_seconds)
        if _SOCKET in ready:
            return "abandoned"
        if woken in ready:
            os.read(woken, 4096)


def _start(command: list[str], user: str) -> int:
    failures, failure = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            _become(command, user)
        except OSError as error:
            os.write(failure, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(failure)
    number = os.read(failures, 16)
    if number:
        _report(f"failed {number.decode()}")
        sys.exit()
    return pid


def _become(command: list[str], user: str) -> None:
    os.setsid()
    os.umask(_UMASK)
    _give_up_oom_protection()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    soft = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(_OUTPUT, 2)
    if user:
        uid, gid, groups = user.split(":")
        os.setgroups([int(group) for group in groups.split(",") if group])
        os.setgid(int(gid))
        os.setuid(int(uid))
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # should anyone kill this process
    os.execv(command[0], command)  # noqa: S606 - no shell is what we want


def _give_up_oom_protection() -> None:
    """Drop the protection from the OOM killer that the exporter may have."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "r+") as file:
        if int(file.read()) < 0:
            file.seek(0)
            file.write("0")


def _signal(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _children() -> list[int]:
    """Return our children, adopted and dead ones included."""
    own = os.getpid()
    try:
        with open(f"/proc/self/task/{own}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [int(entry.name) for entry in os.scandir("/proc") if _parent(entry.name) == own]


def _parent(name: str) -> int | None:
    try:
        with open(f"/proc/{name}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _report(line: str) -> None:
    with suppress(OSError):  # nobody may be left to hear it
        os.write(_SOCKET, line.encode())


if __name__ == "__main__":
    main(sys.argv[1:])

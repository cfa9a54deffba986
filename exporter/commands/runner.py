"""Running commands: each below a supervisor process of its own, a few at once."""

import errno
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from exporter.commands.catalogue import Job
from exporter.commands.file_trust import changeable_place

GRACE_SECONDS = 2.0
_SUPERVISOR_FILE = Path(__file__).with_name("supervisor.py")
_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CHUNK_BYTES = 64 * 1024
_LARGEST_PIPE_BYTES = 1024 * 1024
_SILENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.001
_START_SECONDS = 10.0
_SUPERVISOR_SECONDS = 1.0
_LONGEST_MESSAGE_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended.

    Attributes:
        how: By itself, at its time limit, or given up: by `Run.give_up`, or as its supervisor was killed.
        exit_code: Negative for the signal that ended the program.
        duration_seconds: From its start until nothing was left of it.
        left_over: How many processes could not be ended.
    """

    how: Literal["ended", "timed-out", "abandoned"]
    exit_code: int
    duration_seconds: float
    left_over: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    """The program could not be started; *reason* is for the owner of the host."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """As many run as may run at once."""


class Runner:
    """Runs at most *most_at_once* jobs at once, each in a session and an environment of its own.

    When this process ends, however it does, so does everything that runs.
    """

    def __init__(self, *, most_at_once: int) -> None:
        self._most_at_once = most_at_once
        self._lock = threading.Lock()
        self._runs: set[Run] = set()
        self._is_ending = False

    def place(self, job: Job) -> "Run | Busy":
        """Return a run that has its place among those at once, and keeps it until it is closed."""
        with self._lock:
            same = sum(run.job.name == job.name for run in self._runs)
            if self._is_ending or len(self._runs) >= self._most_at_once or same >= job.at_once:
                return Busy()
            run = Run(job, self._discard)
            self._runs.add(run)
            return run

    def running(self) -> dict[str, int]:
        """Return how many runs there are, by the names of their jobs."""
        with self._lock:
            return dict(Counter(run.job.name for run in self._runs))

    def end_all(self) -> None:
        """End every run, and start none from now on; may be called from any thread."""
        with self._lock:
            self._is_ending = True
            runs = tuple(self._runs)
        for run in runs:
            run.give_up()

    def _discard(self, run: "Run") -> None:
        with self._lock:
            self._runs.discard(run)


class Run:
    """One run of *job*: `start` it, read its `chunks` to their end, then there is its `end`; and `close` it.

    Until then *end* is that of a run whose supervisor was killed.
    """

    def __init__(self, job: Job, on_close: "Callable[[Run], None]") -> None:
        self.job = job
        self.end = Ended(how="abandoned", exit_code=-signal.SIGKILL, duration_seconds=0.0)
        self._on_close = on_close
        self._lifeline, self._supervisors_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lifeline.settimeout(_START_SECONDS)
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> NotStarted | None:
        """Start the program; None if it runs. What others may change is not started."""
        place = changeable_place(Path(self.job.argv[0]), run_as=self.job.run_as)
        if place is not None:
            return NotStarted(
                reason=f"other users can modify {place}: run `chown root` and `chmod go-w` on it"
            )
        try:
            self._supervisor = _supervisor_of(self.job, self._supervisors_end)
            self._supervisors_end.close()
            message = self._message()
        except (OSError, LookupError) as error:
            return NotStarted(reason=str(error))
        match message:
            case ["started"]:
                return None
            case ["failed", number]:
                return NotStarted(reason=_reason(self.job, int(number)))
            case _:
                return NotStarted(reason="its supervisor was killed")

    def chunks(self) -> Iterator[bytes]:
        """Yield the output as it comes, stderr included, until nothing is left of the program.

        b"" comes for each second of silence. What is beyond the limit is read at some 50 MB a second: whoever
        writes without end shall not keep us busy.
        """
        output = self._output.fileno()
        poll = select.poll()
        poll.register(output, select.POLLIN)
        poll.register(self._lifeline, select.POLLIN)
        length = 0
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(_SILENCE_SECONDS * 1000)}
            chunk = os.read(output, _CHUNK_BYTES) if output in ready else b""
            if chunk or not ready:
                yield chunk
                length += len(chunk)
                if length > self.job.output_limit_bytes:
                    time.sleep(_PAUSE_SECONDS)
            elif output in ready:
                poll.unregister(output)
            else:
                break
        yield from _rest(output)
        match self._message():
            case ["ended" | "timed-out" | "abandoned" as how, exit_code, seconds, left]:
                self.end = Ended(
                    how=how, exit_code=int(exit_code), duration_seconds=float(seconds), left_over=int(left)
                )
            case _:
                pass

    def give_up(self) -> None:
        """End the run; may be called from any thread, and `chunks` then come to their end."""
        with suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give its place back; what is not ended yet is left to the supervisor to end."""
        self._lifeline.close()
        self._supervisors_end.close()
        if self._supervisor is not None:
            self._output.close()
            with suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(_SUPERVISOR_SECONDS)
        self._on_close(self)

    @property
    def _output(self) -> IO[bytes]:
        assert self._supervisor is not None  # noqa: S101 - it was started
        assert self._supervisor.stdout is not None  # noqa: S101 - it is a pipe
        return self._supervisor.stdout

    def _message(self) -> list[str]:
        return self._lifeline.recv(_LONGEST_MESSAGE_BYTES).decode().split()


def _supervisor_of(job: Job, supervisors_end: socket.socket) -> "subprocess.Popen[bytes]":
    user, home = _identity(job.run_as)
    options = (str(job.time_limit_seconds), str(GRACE_SECONDS), user)
    return subprocess.Popen(  # noqa: S603 - what runs is what the owner of the host has written down
        (sys.executable, "-I", "-S", str(_SUPERVISOR_FILE), *options, *job.argv),
        stdin=supervisors_end.fileno(),
        stdout=subprocess.PIPE,
        cwd="/",
        env={"PATH": _SEARCH_PATH, "LANG": "C.UTF-8", "HOME": home},
        start_new_session=True,
    )


def _identity(run_as: str | None) -> tuple[str, str]:
    """Return whom the supervisor is told to run the program as, and that user's home."""
    own = os.geteuid()
    try:
        entry = pwd.getpwuid(own) if run_as is None else pwd.getpwnam(run_as)
    except KeyError:
        if run_as is None:
            return "", "/"
        raise LookupError(f"there is no user {run_as} on this host") from None
    if entry.pw_uid == own:
        return "", entry.pw_dir
    groups = ",".join(map(str, os.getgrouplist(entry.pw_name, entry.pw_gid)))
    return f"{entry.pw_uid}:{entry.pw_gid}:{groups}", entry.pw_dir


def _rest(output: int) -> Iterator[bytes]:
    """Yield what is left in the pipe; whoever could not be ended may still write into it."""
    os.set_blocking(output, False)
    for _ in range(_LARGEST_PIPE_BYTES // _CHUNK_BYTES):
        try:
            chunk = os.read(output, _CHUNK_BYTES)
        except BlockingIOError:
            return
        if not chunk:
            return
        yield chunk


def _reason(job: Job, number: int) -> str:
    if number == errno.EPERM and job.run_as:
        return f"to run it as {job.run_as} the exporter must be root, or have CAP_SETUID and CAP_SETGID"
    return f"{job.argv[0]}: {os.strerror(number)}"

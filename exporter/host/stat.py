"""/proc/PID/stat: one line that says almost everything about a process (proc_pid_stat(5))."""

from mmap import PAGESIZE

import msgspec

# The manual's numbers, less the three fields that end with the last `)`.
_STATE, _PPID, _FLAGS, _UTIME, _STIME, _CUTIME, _CSTIME, _THREADS, _START, _RSS = (
    field - 3 for field in (3, 4, 9, 14, 15, 16, 17, 20, 22, 24)
)
_PF_KTHREAD = 0x00200000  # include/linux/sched.h
_LARGEST = 2**63


class MalformedStatError(ValueError):
    """The bytes are not what the kernel writes into a stat file."""


class Process(msgspec.Struct, frozen=True, gc=False):
    """A process at one moment; a Struct, as a scan makes thousands of them: a quarter of a tuple's price.

    Attributes:
        pid: Its number, which another process may bear later.
        start_ticks: When it started, in clock ticks since boot; with *pid* its identity.
        name: What it calls itself, up to 15 characters of anything, empty even; U+FFFD for broken UTF-8.
        state: The kernel's letter for it.
        parent_pid: 0 for none.
        is_kernel_thread: Whether it belongs to the kernel.
        own_ticks: CPU time of all its threads, user and system.
        reaped_ticks: CPU time of the children that it waited for, and of theirs.
        threads: How many it has.
        rss_bytes: Its resident memory, shared pages included.
    """

    pid: int
    start_ticks: int
    name: str
    state: str
    parent_pid: int
    is_kernel_thread: bool
    own_ticks: int
    reaped_ticks: int
    threads: int
    rss_bytes: int

    def is_same_as(self, other: "Process | None") -> bool:
        """Return whether *other* is this process at another moment, not merely one of the same number."""
        return other is not None and other.pid == self.pid and other.start_ticks == self.start_ticks


def parse_stat(line: bytes) -> Process:
    """Return the process that *line*, the whole of a stat file, is about.

    Raises:
        MalformedStatError: It is empty, cut short or something else altogether.
    """
    # A name may hold spaces, newlines and parentheses; no later field holds any.
    opening, closing = line.find(b"("), line.rfind(b")")
    fields = line[closing + 2 :].split(None, _RSS + 1)
    is_whole = len(fields) == _RSS + 2  # all that is wanted, and a rest
    if not 0 < opening < closing or not is_whole or len(fields[_STATE]) != 1:
        raise MalformedStatError("cut short or not a stat file")
    try:
        numbers = (
            int(line[:opening]),
            int(fields[_START]),
            int(fields[_PPID]),
            int(fields[_FLAGS]),
            int(fields[_UTIME]) + int(fields[_STIME]),
            int(fields[_CUTIME]) + int(fields[_CSTIME]),
            int(fields[_THREADS]),
            int(fields[_RSS]),
        )
    except ValueError as error:
        raise MalformedStatError("a field that is not a whole number") from error
    if min(numbers) < 0 or max(numbers) >= _LARGEST:
        raise MalformedStatError("a field that no kernel writes")
    pid, start_ticks, parent_pid, flags, own_ticks, reaped_ticks, threads, rss_pages = numbers
    return Process(
        pid,
        start_ticks,
        line[opening + 1 : closing].decode(errors="replace"),
        fields[_STATE].decode("ascii", "replace"),
        parent_pid,
        bool(flags & _PF_KTHREAD),
        own_ticks,
        reaped_ticks,
        threads,
        rss_pages * PAGESIZE,
    )

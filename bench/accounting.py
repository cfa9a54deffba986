"""What the kernel says that a process has used."""

import re
import time
from pathlib import Path

_CPU_CLOCK_OF_A_PROCESS = 2  # CPUCLOCK_SCHED in linux/posix-timers.h


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of *pid* so far, dead ones too: utime + stime, to the nanosecond.

    The clock is that of clock_getcpuclockid(3), which Python offers for threads only.
    """
    return time.clock_gettime(~pid << 3 | _CPU_CLOCK_OF_A_PROCESS)


def pss_bytes(pid: int) -> int:
    """Return the memory of *pid*, with its share of what it shares with others."""
    return _rollup_bytes(pid, "Pss")


def rss_bytes(pid: int) -> int:
    """Return the memory of *pid*, with all of what it shares with others."""
    return _rollup_bytes(pid, "Rss")


def _rollup_bytes(pid: int, field: str) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(rf"^{field}: +([0-9]+) kB$", rollup, re.MULTILINE)
    if found is None:
        raise ValueError(f"smaps_rollup of {pid} holds no {field}")
    return int(found[1]) * 1024

"""The limits that hold a process: the lowest of its cgroup and all above it; /proc knows nothing of them."""

import errno
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exporter.host.cgroup import Cgroup, Cgroups, Unseen
from exporter.host.files import Attempts, HostReadError, read_text

_NUMBER = re.compile(r"[0-9]{1,20}")
_UNLIMITED_BYTES = 2**62  # version 1 says "no limit" by the largest number of pages
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLimit:
    """The lowest limit on memory, and what is charged to that cgroup, in bytes.

    Attributes:
        cgroup: The path of the cgroup that has it, as it can be seen from here.
        limit_bytes: The limit.
        usage_bytes: None if it cannot be read.
        working_set_bytes: Without inactive files; None if it cannot be read.
    """

    cgroup: str
    limit_bytes: int
    usage_bytes: int | None
    working_set_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuLimit:
    """The lowest limit on CPU time, in CPUs, and for how long that cgroup was held back; None if unknown."""

    cgroup: str
    limit_cores: float
    throttled_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None is no limit, or one that is not known: *unseen* and *attempts* say why.

    A cgroup that is not to be seen is no failure, as in a container without them.
    """

    memory: MemoryLimit | None
    cpu: CpuLimit | None
    unseen: tuple[str, ...]
    attempts: Attempts


def read_limits(cgroups: Cgroups) -> Limits:
    """Return the limits that hold the process of *cgroups* now."""
    attempts = Attempts()
    memory = attempts.read(partial(cgroups.cgroup, "memory"))
    cpu = attempts.read(partial(cgroups.cgroup, "cpu"))
    return Limits(
        memory=_memory_limit(memory, attempts) if isinstance(memory, Cgroup) else None,
        cpu=_cpu_limit(cpu, attempts) if isinstance(cpu, Cgroup) else None,
        unseen=tuple({one.reason: None for one in (memory, cpu) if isinstance(one, Unseen)}),
        attempts=attempts,
    )


def _memory_limit(cgroup: Cgroup, attempts: Attempts) -> MemoryLimit | None:
    read = _MEMORY_BYTES[cgroup.version]
    lowest = _lowest(cgroup, read, attempts)
    if lowest is None:
        return None
    limit_bytes, level = lowest
    usage, inactive = _MEMORY_USAGE[cgroup.version]
    usage_bytes = attempts.read(partial(_count, level / usage))
    inactive_bytes = attempts.read(partial(_count, level / "memory.stat", inactive))
    known = usage_bytes is not None and inactive_bytes is not None
    return MemoryLimit(
        cgroup=cgroup.path_of(level),
        limit_bytes=int(limit_bytes),
        usage_bytes=usage_bytes,
        working_set_bytes=max(0, (usage_bytes or 0) - (inactive_bytes or 0)) if known else None,
    )


def _cpu_limit(cgroup: Cgroup, attempts: Attempts) -> CpuLimit | None:
    lowest = _lowest(cgroup, _CPU_CORES[cgroup.version], attempts)
    if lowest is None:
        return None
    limit_cores, level = lowest
    name, unit_seconds = _THROTTLED[cgroup.version]
    throttled = attempts.read(partial(_count, level / "cpu.stat", name))
    return CpuLimit(
        cgroup=cgroup.path_of(level),
        limit_cores=limit_cores,
        throttled_seconds=None if throttled is None else throttled * unit_seconds,
    )


def _lowest(
    cgroup: Cgroup, read: Callable[[Path], float | None], attempts: Attempts
) -> tuple[float, Path] | None:
    """Return the lowest limit, and its folder: of equal ones the outermost, which the most is charged to."""
    limits = [(attempts.read(partial(read, level)), level) for level in reversed(cgroup.levels)]
    found = [(limit, level) for limit, level in limits if limit is not None]
    return min(found, key=lambda one: one[0], default=None)


def _memory_bytes_2(level: Path) -> float | None:
    words = _words(level / "memory.max")
    return None if words in ([], ["max"]) else _whole(level / "memory.max", words)


def _memory_bytes_1(level: Path) -> float | None:
    words = _words(level / "memory.limit_in_bytes")
    limit_bytes = _whole(level / "memory.limit_in_bytes", words) if words else _UNLIMITED_BYTES
    return limit_bytes if limit_bytes < _UNLIMITED_BYTES else None


def _cpu_cores_2(level: Path) -> float | None:
    words = _words(level / "cpu.max")
    if not words or words[0] == "max":
        return None
    return _cores(level / "cpu.max", words[:1], words[1:])


def _cpu_cores_1(level: Path) -> float | None:
    quota, period = _words(level / "cpu.cfs_quota_us"), _words(level / "cpu.cfs_period_us")
    return None if quota in ([], ["-1"]) else _cores(level / "cpu.cfs_quota_us", quota, period)


_MEMORY_BYTES = {1: _memory_bytes_1, 2: _memory_bytes_2}
_MEMORY_USAGE = {
    1: ("memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.current", "inactive_file"),
}
_CPU_CORES = {1: _cpu_cores_1, 2: _cpu_cores_2}
_THROTTLED = {1: ("throttled_time", 1e-9), 2: ("throttled_usec", 1e-6)}


def _cores(path: Path, quota: list[str], period: list[str]) -> float:
    period_microseconds = _whole(path, period)
    if not period_microseconds:
        raise HostReadError(f"{path}: a period of 0")
    return _whole(path, quota) / period_microseconds


def _words(path: Path) -> list[str]:
    """Return what *path* says; nothing if there is no such file: no level needs to have every controller."""
    try:
        return read_text(path).split() or [""]
    except HostReadError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in _ABSENT:
            return []
        raise


def _whole(path: Path, words: list[str]) -> int:
    if len(words) != 1 or not _NUMBER.fullmatch(words[0]):
        raise HostReadError(f"{path}: no whole number")
    return int(words[0])


def _count(path: Path, name: str = "") -> int:
    """Return the whole number that stands after *name* in *path*, or alone."""
    for line in read_text(path).splitlines():
        before, _, number = line.rpartition(" ")
        if before == name and _NUMBER.fullmatch(number):
            return int(number)
    raise HostReadError(f"{path}: no whole number {name and 'after ' + name}".rstrip())

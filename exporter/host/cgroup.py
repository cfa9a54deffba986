"""The exporter's own cgroup (v2), and the container around it: the limits that /proc knows nothing of."""

import re
from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import HostReadError, read_text

_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLimit:
    """A limit on memory and what is charged to it, in bytes; the working set leaves out inactive files."""

    limit_bytes: int
    usage_bytes: int
    working_set_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuLimit:
    """A limit on CPU time, in CPUs, and for how long it has held the cgroup back."""

    limit_cores: float
    throttled_seconds: float


def own_cgroup(root: Path) -> Path | None:
    """Return the folder of our own cgroup under *root* (`/`), or None on a host without cgroup v2."""
    try:
        lines = read_text(root / "proc/self/cgroup").splitlines()
    except HostReadError:
        return None
    paths = [line.removeprefix("0::") for line in lines if line.startswith("0::")]
    return root / "sys/fs/cgroup" / paths[0].lstrip("/") if paths else None


def read_memory_limit(cgroup: Path) -> MemoryLimit | None:
    """Return the memory limit of *cgroup*, or None if it has none.

    Raises:
        HostReadError: There is a limit, but not what should stand beside it.
    """
    match _limit(cgroup / "memory.max"):
        case [limit] if limit.isdecimal():
            usage_bytes = _count(cgroup / "memory.current")
            inactive_bytes = _count(cgroup / "memory.stat", "inactive_file")
            return MemoryLimit(
                limit_bytes=int(limit),
                usage_bytes=usage_bytes,
                working_set_bytes=max(0, usage_bytes - inactive_bytes),
            )
        case _:
            return None


def read_cpu_limit(cgroup: Path) -> CpuLimit | None:
    """Return the CPU limit of *cgroup*, or None if it has none.

    Raises:
        HostReadError: There is a limit, but not what should stand beside it.
    """
    match _limit(cgroup / "cpu.max"):
        case [quota, period] if quota.isdecimal() and period.isdecimal() and int(period):
            return CpuLimit(
                limit_cores=int(quota) / int(period),
                throttled_seconds=_count(cgroup / "cpu.stat", "throttled_usec") / 1e6,
            )
        case _:
            return None


def container_kind(root: Path) -> str | None:
    """Return what kind of container the host under *root* is, or None if none is known.

    https://systemd.io/CONTAINER_INTERFACE for the first, Podman's and Docker's own marks for the others.
    """
    try:
        said = read_text(root / "run/systemd/container").strip()
    except HostReadError:
        said = ""
    if _KIND.fullmatch(said):
        return said
    marks = {"podman": "run/.containerenv", "docker": ".dockerenv"}
    return next((kind for kind, mark in marks.items() if (root / mark).exists()), None)


def _limit(path: Path) -> list[str]:
    try:
        return read_text(path).split()
    except HostReadError:
        return []  # the root of the hierarchy has no limits, nor has a cgroup without that controller


def _count(path: Path, name: str = "") -> int:
    """Return the whole number that stands after *name* in *path*, or alone."""
    for line in read_text(path).splitlines():
        before, _, number = line.rpartition(" ")
        if before == name and number.isdecimal():
            return int(number)
    raise HostReadError(f"{path}: no whole number {name and 'after ' + name}".rstrip())

"""Which systemd unit a process belongs to: /proc/PID/cgroup (cgroups(7), systemd's CGROUP_DELEGATION)."""

from collections.abc import Mapping
from pathlib import Path

from exporter.host.proc_dir import Gone, read_pinned
from exporter.host.snapshot import Snapshot
from exporter.host.stat import Process

_SUFFIXES = (".service", ".scope", ".socket", ".mount", ".swap")
_NO_UNIT = "(no unit)"


def unit_of(cgroup: str) -> str:
    """Return the system unit that *cgroup*, the whole of a cgroup file, names; empty if none.

    It is the outermost part of the path that is not a slice: a user's manager, not what that started.
    """
    for line in cgroup.splitlines():
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if (hierarchy, controllers) == ("0", "") or controllers == "name=systemd":
            parts = (part for part in path.split("/") if part and not part.endswith(".slice"))
            outermost = next(parts, "")
            if outermost.endswith(_SUFFIXES):
                return outermost.removeprefix("_")  # systemd's escape for names that the kernel might take
    return ""


def main_process_of(unit: str, procfs: Path, snapshot: Snapshot) -> Process | None:
    """Return the process of *unit* whose parent is none of them; None if it is not running."""
    processes = (one for one in snapshot.processes.values() if not one.is_kernel_thread)
    named = {one.pid: one for one in processes if _unit_of_process(procfs, one) == unit}
    return next((one for one in named.values() if one.parent_pid not in named), None)


def _unit_of_process(procfs: Path, process: Process) -> str:
    files = read_pinned(procfs, process, "cgroup")
    return "" if isinstance(files, Gone) else unit_of(files["cgroup"])


class UnitNames:
    """Names the unit of every process; reads a cgroup file once in the life of each."""

    def __init__(self, procfs: Path) -> None:
        self._procfs = procfs
        self._known: dict[int, tuple[Process, str]] = {}

    def __call__(self, snapshot: Snapshot) -> Mapping[int, str]:
        """Return the unit of each process in *snapshot*, `(no unit)` for those outside any; by pid."""
        known, self._known = self._known, {}
        for pid, process in snapshot.processes.items():
            before = known.get(pid)
            is_known = before is not None and before[0].is_same_as(process)
            self._known[pid] = before if before and is_known else (process, self._read(process))
        return {pid: unit for pid, (_, unit) in self._known.items()}

    def _read(self, process: Process) -> str:
        return _NO_UNIT if process.is_kernel_thread else _unit_of_process(self._procfs, process) or _NO_UNIT

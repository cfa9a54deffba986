"""What may keep a process from seeing the whole host: how /proc is mounted, and namespaces."""

from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import read_text
from exporter.host.mounts import read_mounts

_HIDEPID = {"0": "off", "1": "noaccess", "2": "invisible", "4": "ptraceable"}  # as kernels before 5.8 say it
_FIRST_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO, include/linux/proc_ns.h
_ALL_USERS = ["0", "0", "4294967295"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """How a process is confined.

    Attributes:
        hidepid: How /proc hides the processes of others, as proc(5) names it; `off` if it does not.
        seeing_group: The number of the group that sees them nevertheless; empty for none.
        shows_processes_only: Whether /proc lacks everything else (`subset=pid`).
        has_lxcfs: Whether LXCFS answers for some of the /proc that it sees.
        has_own_processes: Whether it is in a PID namespace of its own.
        has_own_users: Whether it is in a user namespace that does not know all users.
    """

    hidepid: str = "off"
    seeing_group: str = ""
    shows_processes_only: bool = False
    has_lxcfs: bool = False
    has_own_processes: bool = False
    has_own_users: bool = False


def read_confinement(procfs: Path, process: str = "self") -> Confinement:
    """Return how a process is confined, this one or that whose number is *process*.

    Raises:
        HostReadError: The procfs at *procfs* does not tell.
    """
    mounts = read_mounts(procfs / process)
    uppermost = next((mount for mount in reversed(mounts) if mount.point == str(procfs)), None)
    options = uppermost.options if uppermost else {}
    return Confinement(
        hidepid=_HIDEPID.get(options.get("hidepid", "0"), options.get("hidepid", "")),
        seeing_group=options.get("gid", ""),
        shows_processes_only=options.get("subset") == "pid",
        has_lxcfs=any(
            mount.kind == "fuse.lxcfs"
            and mount.point.startswith(f"{procfs}/")
            and (uppermost is None or mount.parent == uppermost.number)  # else a newer /proc lies upon it
            for mount in mounts
        ),
        has_own_processes=_link(procfs / process / "ns/pid") not in ("", _FIRST_PID_NAMESPACE),
        has_own_users=read_text(procfs / process / "uid_map").split() != _ALL_USERS,
    )


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""

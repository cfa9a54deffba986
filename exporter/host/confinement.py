"""What may keep this process from seeing the whole host: how /proc is mounted, and namespaces."""

from dataclasses import dataclass
from pathlib import Path

from exporter.host.files import read_text

_HIDEPID = {"0": "off", "1": "noaccess", "2": "invisible", "4": "ptraceable"}  # as kernels before 5.8 say it
_FIRST_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO, include/linux/proc_ns.h
_ALL_USERS = ["0", "0", "4294967295"]
_MOUNT_POINT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """How this process is confined.

    Attributes:
        hidepid: How /proc hides the processes of others, as proc(5) names it; `off` if it does not.
        seeing_group: The number of the group that sees them nevertheless; empty for none.
        shows_processes_only: Whether /proc lacks everything else (`subset=pid`).
        has_lxcfs: Whether LXCFS answers for some of /proc.
        has_own_processes: Whether it is in a PID namespace of its own.
        has_own_users: Whether it is in a user namespace that does not know all users.
    """

    hidepid: str = "off"
    seeing_group: str = ""
    shows_processes_only: bool = False
    has_lxcfs: bool = False
    has_own_processes: bool = False
    has_own_users: bool = False


def read_confinement(procfs: Path) -> Confinement:
    """Return how this process is confined, as the procfs at *procfs* shows it.

    Raises:
        HostReadError: It does not.
    """
    mounts = [line.split() for line in read_text(procfs / "self/mountinfo").splitlines()]
    options = _options(mounts, str(procfs))
    return Confinement(
        hidepid=_HIDEPID.get(options.get("hidepid", "0"), options.get("hidepid", "")),
        seeing_group=options.get("gid", ""),
        shows_processes_only=options.get("subset") == "pid",
        has_lxcfs=any(
            "fuse.lxcfs" in mount and mount[_MOUNT_POINT].startswith(f"{procfs}/") for mount in mounts
        ),
        has_own_processes=_link(procfs / "self/ns/pid") not in ("", _FIRST_PID_NAMESPACE),
        has_own_users=read_text(procfs / "self/uid_map").split() != _ALL_USERS,
    )


def _options(mounts: list[list[str]], mount_point: str) -> dict[str, str]:
    """Return the options of the filesystem that lies uppermost at *mount_point* (proc_pid_mountinfo(5))."""
    options = ""
    for mount in mounts:
        if mount[_MOUNT_POINT] == mount_point:
            options = mount[-1]
    pairs = (option.partition("=") for option in options.split(","))
    return {name: value for name, _, value in pairs}


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""

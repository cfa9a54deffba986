"""The checks: what was read of the host becomes findings, without any further I/O."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from exporter.config import ExporterSettings
from exporter.doctor.finding import Finding, Verdict
from exporter.host.cgroup_limits import CpuLimit, Limits, MemoryLimit
from exporter.host.confinement import Confinement
from exporter.host.snapshot import Snapshot
from marax.settings.mistakes import SettingsError

SEEN_RATIO = 0.9  # less is more than a race with processes that come and go
_NEARLY_FULL_RATIO = 0.9
_JUMP_SECONDS = 0.1
_MOST_NAMED = 5
_MIB = 1024**2
_EDIT = "`systemctl edit marax-exporter`"


def rights(user: str, confinement: Confinement) -> Finding:
    """Judge who the doctor, and so perhaps the exporter, runs as."""
    if confinement.has_own_users:
        return Finding(
            check="user",
            verdict="problem",
            says="in a user namespace that does not map all users: process owners are unknown",
            remedy="remove PrivateUsers= from the unit, or run the exporter outside of the container",
        )
    if user == "root":
        return Finding(
            check="user",
            verdict="note",
            says="running as root, which sees more than the exporter's own user",
            remedy="`sudo -u marax-exporter marax-exporter doctor` checks as that user",
        )
    return Finding(check="user", verdict="ok", says=f"running as {user}")


def visibility(now: Snapshot, confinement: Confinement) -> Finding:
    """Judge how much of the host is seen in *now*, and say what hides the rest."""
    visible = sum(process.threads for process in now.processes.values())
    tasks = visible if now.totals.tasks is None else now.totals.tasks
    of_all = "" if now.totals.tasks is None else f" of {tasks}"
    says = f"{min(visible, tasks)}{of_all} threads of the host are visible"
    unreadable = now.refused + now.malformed
    if unreadable:
        says += f", {unreadable} processes cannot be read"
    elif visible >= SEEN_RATIO * tasks:
        return Finding(check="processes", verdict="ok", says=says)
    if confinement.hidepid != "off":
        says += f": /proc is mounted with hidepid={confinement.hidepid}"
        remedy = (
            f"{_EDIT}: SupplementaryGroups={confinement.seeing_group}"
            if confinement.seeing_group
            else "if the unit sets ProtectProc=, remove that; otherwise mount /proc with gid= of a group, "
            "and give the exporter that group by SupplementaryGroups="
        )
    elif confinement.has_own_processes:
        says += ": in a PID namespace of its own, as in a container"
        remedy = "run the exporter on the host itself, or in the host's PID namespace (`--pid=host`)"
    else:
        remedy = "a security module may hide them: `journalctl -k --grep 'avc|apparmor'`"
    return Finding(check="processes", verdict="problem", says=says, remedy=remedy)


def users(asked: int, silent: Sequence[int], *, failure: str) -> Finding:
    """Judge the user database: asked for the names of so many users, it gave none for those of *silent*."""
    if not silent:
        return Finding(check="users", verdict="ok", says=f"the user database answers: {asked} asked for")
    numbers = " ".join(map(str, silent[:_MOST_NAMED]))
    return Finding(
        check="users",
        verdict="problem",
        says=f"the user database {failure}: users are shown by number",
        remedy=f"`getent passwd {numbers}` asks it; /etc/nsswitch.conf names the databases that are asked",
    )


def unfinished(check: str, *, within_seconds: float) -> Finding:
    """Say that *check* hangs."""
    return Finding(
        check=check,
        verdict="problem",
        says=f"the check did not finish within {within_seconds:g} s: what it reads or asks hangs",
    )


def whole_proc() -> Finding:
    """Say that /proc holds nothing but processes."""
    return Finding(
        check="processes",
        verdict="problem",
        says="/proc is mounted with subset=pid, which hides the host's own statistics",
        remedy=f"{_EDIT}: ProcSubset=all",
    )


def scan_cost(now: Snapshot, *, interval_seconds: float) -> Finding:
    """Say what reading all processes costs."""
    ratio = now.cost_seconds / interval_seconds
    says = f"scanning {len(now.processes)} processes takes {1000 * now.cost_seconds:.1f} ms of CPU"
    return Finding(
        check="scan", verdict="ok", says=f"{says} every {interval_seconds:g} s: {ratio:.2%} of a CPU"
    )


def container(kind: str | None, confinement: Confinement) -> Finding:
    """Say whose figures are published inside a container."""
    if confinement.has_lxcfs:
        says = "LXCFS provides parts of /proc here: those values are the container's, others the machine's"
    elif kind:
        says = f"in a container ({kind}): host metrics are the machine's"
    else:
        return Finding(check="container", verdict="ok", says="none")
    return Finding(check="container", verdict="note", says=says)


def limits(found: Limits) -> Finding:
    """Judge the limits that hold the exporter: the lowest of its cgroup and those above it."""
    memory, cpu = found.memory, found.cpu
    unknown = [f"unknown: {reason}" for reason in found.unseen]
    parts = [*([_of_memory(memory)] if memory else []), *([_of_cpu(cpu)] if cpu else []), *unknown]
    says = "; ".join(parts) or "no limits on memory or CPU"
    if memory and (memory.working_set_bytes or 0) >= _NEARLY_FULL_RATIO * memory.limit_bytes:
        remedy = f"raise the limit of {memory.cgroup}: MemoryMax= of a unit, the memory of a container"
        return Finding(check="limits", verdict="problem", says=says, remedy=remedy)
    verdict: Verdict = "note" if unknown or (cpu and cpu.throttled_seconds) else "ok"
    return Finding(check="limits", verdict=verdict, says=says)


def _of_memory(memory: MemoryLimit) -> str:
    used_bytes, limit_bytes = memory.working_set_bytes, memory.limit_bytes
    used = "at most" if used_bytes is None else f"{used_bytes / _MIB:.0f} of"
    in_use = "memory" if used_bytes is None else "memory in use"
    return f"{used} {limit_bytes / _MIB:.0f} MiB {in_use} (cgroup {memory.cgroup})"


def _of_cpu(cpu: CpuLimit) -> str:
    says = f"at most {cpu.limit_cores:g} CPUs (cgroup {cpu.cgroup})"
    if cpu.throttled_seconds is None:
        return says
    return f"{says}, throttled for {cpu.throttled_seconds:.1f} s so far"


def pressure(resources: Collection[str], *, is_wanted: bool) -> Finding:
    """Judge whether the kernel accounts for pressure (PSI)."""
    if resources:
        return Finding(check="pressure", verdict="ok", says=f"available for {', '.join(resources)}")
    if not is_wanted:
        return Finding(check="pressure", verdict="ok", says="not available, and disabled in the settings")
    return Finding(
        check="pressure",
        verdict="problem",
        says="this kernel provides no PSI: marax_pressure_* are absent",
        remedy="boot with `psi=1`, or disable it: `collectors: {pressure: false}`",
    )


def descriptors(*, processes: int, held: int) -> Finding:
    """Judge whether the descriptors that may be held reach for all processes."""
    if processes <= held:
        return Finding(check="descriptors", verdict="ok", says=f"enough for {held} processes, of {processes}")
    return Finding(
        check="descriptors",
        verdict="problem",
        says=f"enough for {held} of {processes} processes: reading the others costs twice as much",
        remedy=f"{_EDIT}: LimitNOFILE=65536",
    )


def clock(*, jump_seconds: float, is_synchronised: bool | None) -> Finding:
    """Judge the clock, given by how much it went wrong while the doctor was at work."""
    if abs(jump_seconds) >= _JUMP_SECONDS:
        return Finding(
            check="clock",
            verdict="problem",
            says=f"it jumped by {jump_seconds:+.1f} s during this check",
            remedy="check what sets it: `timedatectl timesync-status`, `chronyc tracking`, the hypervisor",
        )
    if is_synchronised is None:
        return Finding(
            check="clock", verdict="note", says="the kernel does not report whether it is synchronised"
        )
    if not is_synchronised:
        return Finding(
            check="clock",
            verdict="note",
            says="not synchronised, according to the kernel",
            remedy="`timedatectl set-ntp true`, or install chrony",
        )
    return Finding(check="clock", verdict="ok", says="synchronised")


def settings_found(path: Path, read: Callable[[], ExporterSettings]) -> tuple[ExporterSettings, Finding]:
    """Return the settings at *path*, the defaults if they cannot be used, and what is to be said of them."""
    try:
        settings = read()
    except SettingsError as error:
        said = "; ".join(error.lines)
        return ExporterSettings(), Finding(
            check="settings",
            verdict="problem",
            says=f"{said}: the other checks use the defaults",
            remedy="correct it until `marax-exporter check-config` passes",
        )
    says = f"{path}" if path.exists() else f"{path} does not exist: the defaults are used"
    return settings, Finding(check="settings", verdict="ok", says=says)

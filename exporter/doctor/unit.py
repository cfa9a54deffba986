"""What the unit hides from the exporter that serves, while the doctor, outside of it, sees it."""

from collections.abc import Iterator

from exporter.doctor.finding import Finding
from exporter.host.confinement import Confinement

UNIT = "marax-exporter.service"


def unit_findings(outside: Confinement, inside: Confinement) -> Iterator[Finding]:
    """Judge how the process that serves is confined beyond what the doctor is."""
    found = list(_hidden(outside, inside))
    for says, remedy in found:
        yield Finding(
            check="unit",
            verdict="problem",
            says=f"{UNIT} hides {says}",
            remedy=f"`systemctl edit {UNIT}`: {remedy}",
        )
    if not found:
        yield Finding(check="unit", verdict="ok", says=f"{UNIT} sees /proc as this check does")


def unknown_unit(reason: str, *, remedy: str = "") -> Finding:
    """Say that it cannot be known what the unit hides."""
    return Finding(
        check="unit", verdict="note", says=f"what {UNIT} hides is unknown: {reason}", remedy=remedy
    )


def _hidden(outside: Confinement, inside: Confinement) -> Iterator[tuple[str, str]]:
    if outside.has_lxcfs and not inside.has_lxcfs:
        remedy = "ProtectKernelTunables=no, ProtectControlGroups=no, ProtectProc=default, ProcSubset=all"
        yield "LXCFS: its memory, swap, CPUs and load are the machine's, not the container's", remedy
    if inside.hidepid not in ("off", outside.hidepid):
        yield f"the processes of other users (hidepid={inside.hidepid})", "ProtectProc=default"
    if inside.shows_processes_only and not outside.shows_processes_only:
        yield "the host's own statistics (subset=pid)", "ProcSubset=all"
    if inside.has_own_processes and not outside.has_own_processes:
        yield "the processes outside of it", "PrivatePIDs=no"
    if inside.has_own_users and not outside.has_own_users:
        yield "the owners of processes", "PrivateUsers=no"

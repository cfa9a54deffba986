"""Facts of alerts that only their labels tell apart: one full disk, and several."""

from collections.abc import Mapping
from dataclasses import replace

from alertbridge.mail.facts import AlertFacts, HostFacts, Kind
from alertbridge.mail.subject import title_of

_SUMMARY = "Filesystem is predicted to run out of space within 4 h"
_DESCRIPTION = """Free space, or grow the volume:

- df -h shows what is full
- du -xh / | sort -h | tail shows where"""
_DISKS = (
    ("db-1", "/", "/dev/sda1", 0.2),
    ("db-1", "/var", "/dev/sda2", 0.0),
    ("web-2", "/var", "/dev/vdb", 9),
)


def sample_disks(like: AlertFacts) -> Mapping[str, AlertFacts]:
    """Return facts of a mail about one disk, and of one about three; *like* that one in all else."""
    disks = tuple(_disk(like.hosts[0], *disk) for disk in _DISKS)
    names = [disk.name for disk in disks]
    several = replace(like, kind=Kind.WARN, hosts=disks, title=title_of(names, _SUMMARY))
    return {
        "warn-disk": replace(several, hosts=disks[1:2], title=title_of(names[1:2], _SUMMARY)),
        "warn-disks": several,
    }


def _disk(like: HostFacts, host: str, mountpoint: str, device: str, later_seconds: float) -> HostFacts:
    labels = {
        "device": device,
        "fstype": "ext4",
        "host": host,
        "instance": f"{host}.example.org:9100",
        "job": "node",
        "mountpoint": mountpoint,
    }
    return replace(
        like,
        name=host,
        address=f"{host}.example.org:9100",
        alertname="FilesystemFillingUp",
        summary=_SUMMARY,
        description=_DESCRIPTION,
        runbook_url="https://wiki.example.org/runbooks/disk",
        graph_url="https://prometheus.example.org/graph?g0.expr=node_filesystem",
        labels=tuple(labels.items()),
        annotations=(
            ("dashboard_url", "https://grafana.example.org/d/node?var-host=" + host),
            ("values", "free: 3.1 %\nper hour: -0.9 %"),
        ),
        fired_unix_seconds=like.fired_unix_seconds + later_seconds,
        last_values=None,
        top_processes=(),
        history=None,
    )

from dataclasses import replace
from pathlib import Path

import pytest

from exporter.host.confinement import Confinement, read_confinement
from exporter.host.files import HostReadError

FREE = Confinement()
ALL_USERS = "         0          0 4294967295\n"
FIRST_PROCESSES = "pid:[4026531836]"


def a_proc(folder: Path, *, mounts: str = "", uid_map: str = ALL_USERS, pids: str = FIRST_PROCESSES) -> Path:
    """Make *folder* a /proc; `PROC` in *mounts* stands for it."""
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/mountinfo").write_text(mounts.replace("PROC", str(folder)))
    (folder / "self/uid_map").write_text(uid_map)
    (folder / "self/ns/pid").symlink_to(pids)
    return folder


def test_finds_nothing_on_a_plain_host(tmp_path: Path):
    procfs = a_proc(tmp_path, mounts="22 27 0:21 / PROC rw,relatime - proc proc rw\n")

    assert read_confinement(procfs) == FREE


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("rw,hidepid=invisible", replace(FREE, hidepid="invisible")),
        ("rw,hidepid=2", replace(FREE, hidepid="invisible")),
        ("rw,gid=33,hidepid=noaccess", replace(FREE, hidepid="noaccess", seeing_group="33")),
        ("rw,hidepid=ptraceable,subset=pid", replace(FREE, hidepid="ptraceable", shows_processes_only=True)),
    ],
)
def test_reads_the_options_of_the_uppermost_mount(tmp_path: Path, options: str, found: Confinement):
    mounts = f"22 27 0:21 / PROC rw - proc proc rw\n63 45 0:39 / PROC rw shared:3 - proc proc {options}\n"

    assert read_confinement(a_proc(tmp_path, mounts=mounts)) == found


PROC = "45 27 0:21 / PROC rw,relatime - proc proc rw\n"
LXCFS = "63 45 0:39 /proc/meminfo PROC/meminfo rw - fuse.lxcfs lxcfs rw,user_id=0\n"
NEW_PROC = "70 45 0:50 / PROC rw - proc proc rw\n"
NEW_LXCFS = "71 70 0:39 /proc/stat PROC/stat rw - fuse.lxcfs lxcfs rw,user_id=0\n"


@pytest.mark.parametrize(
    ("mounts", "has_lxcfs"),
    [
        (PROC + LXCFS, True),
        (LXCFS, True),
        (PROC + LXCFS.replace("fuse.lxcfs", "ext4"), False),
        (PROC + LXCFS.replace("PROC/", "/sys/"), False),
        (PROC + LXCFS + NEW_PROC, False),
        (PROC + LXCFS + NEW_PROC + NEW_LXCFS, True),
        ("\n - \nnonsense\n", False),
    ],
    ids=["lxcfs", "alone", "a file", "elsewhere", "hidden by another /proc", "in that too", "nonsense"],
)
def test_finds_lxcfs_unless_another_proc_lies_upon_it(tmp_path: Path, mounts: str, has_lxcfs: bool):  # noqa: FBT001 - a table
    assert read_confinement(a_proc(tmp_path, mounts=mounts)).has_lxcfs == has_lxcfs


def test_finds_namespaces_of_its_own(tmp_path: Path):
    procfs = a_proc(tmp_path, uid_map="0 100000 65536\n", pids="pid:[4026532178]")

    assert read_confinement(procfs) == replace(FREE, has_own_users=True, has_own_processes=True)


def test_says_what_cannot_be_read(tmp_path: Path):
    with pytest.raises(HostReadError, match=f"cannot read {tmp_path}/self/mountinfo"):
        read_confinement(tmp_path)


def test_reads_the_real_one():
    assert read_confinement(Path("/proc")).hidepid in {"off", "noaccess", "invisible", "ptraceable"}

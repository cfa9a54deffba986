from pathlib import Path

import pytest

from exporter.host.cgroup import Cgroup, Cgroups, Unseen, container_kind
from exporter.host.files import HostReadError

V1 = "32 31 0:29 {root} /sys/fs/cgroup/{name} rw shared:9 - cgroup cgroup rw,{name}\n"
V2 = "41 31 0:38 {root} {point} rw,relatime - cgroup2 cgroup2 rw\n"


def a_host(
    root: Path, lines: str, *, mounts: str | None = None, folders: tuple[str, ...] = ("sys/fs/cgroup/a/b",)
) -> Cgroups:
    process = root / "proc/self"
    process.mkdir(parents=True)
    (process / "cgroup").write_text(lines)
    if mounts is not None:
        (process / "mountinfo").write_text(mounts)
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    return Cgroups(root)


@pytest.mark.parametrize(
    ("lines", "mounts", "version", "top", "folder"),
    [
        ("0::/a/b\n", None, 2, "", "a/b"),
        ("0::/\n", V2.format(root="/", point="/sys/fs/cgroup"), 2, "", ""),
        ("0::/box/a/b\n", V2.format(root="/box", point="/sys/fs/cgroup"), 2, "", "a/b"),
        ("0::/box\n", V2.format(root="/box", point="/sys/fs/cgroup"), 2, "", ""),
        (
            "1:name=systemd:/x\n0::/a\n",
            V2.format(root="/", point="/sys/fs/cgroup/unified"),
            *(2, "unified", "unified/a"),
        ),
        ("4:memory:/a\n0::/x\n", V1.format(root="/", name="memory"), 1, "memory", "memory/a"),
        ("4:memory:/box/a\n", V1.format(root="/box", name="memory"), 1, "memory", "memory/a"),
        ("4:cpu,memory:/a\n", V1.format(root="/", name="cpu,memory"), 1, "cpu,memory", "cpu,memory/a"),
    ],
    ids=[
        *("no mountinfo", "cgroup namespace", "host's paths", "host's paths, at the top", "hybrid"),
        *("hybrid, version 1", "version 1, host's paths", "two controllers"),
    ],
)
def test_finds_its_own_cgroup(  # noqa: PLR0913, PLR0917 - a table
    tmp_path: Path, lines: str, mounts: str | None, version: int, top: str, folder: str
):
    cgroups = a_host(tmp_path, lines, mounts=mounts, folders=(f"sys/fs/cgroup/{folder}",))

    base = tmp_path / "sys/fs/cgroup"
    assert cgroups.cgroup("memory") == Cgroup(version=version, top=base / top, folder=base / folder)


@pytest.mark.parametrize(
    ("lines", "mounts", "reason"),
    [
        ("", None, "this kernel has no cgroups with memory"),
        ("1:cpu:/a\n", None, "this kernel has no cgroups with memory"),
        ("0::/../..\n", None, "the cgroup '/../..' is outside of what /sys/fs/cgroup shows"),
        ("0::/a/../../../../etc\n", None, "is outside of what"),
        ("0::/elsewhere\n", None, "the cgroup '/elsewhere' is outside"),
        ("0::/a\0\n", None, "is outside of what"),
        ("0::/a/b\n", V2.format(root="/box", point="/sys/fs/cgroup"), "the cgroup '/a/b' is outside"),
        ("4:memory:/a\n", V2.format(root="/", point="/sys/fs/cgroup"), "cgroup v1 is not mounted here"),
        ("0::/a\n", V1.format(root="/", name="cpu"), "cgroup v2 is not mounted here"),
        ("nonsense\n\n::\n", "1 2\n\n - \n", "this kernel has no cgroups"),
    ],
)
def test_says_why_it_does_not_see_a_cgroup(tmp_path: Path, lines: str, mounts: str | None, reason: str):
    found = a_host(tmp_path, lines, mounts=mounts).cgroup("memory")

    assert isinstance(found, Unseen)
    assert reason in found.reason


def test_a_kernel_without_cgroups_is_no_failure(tmp_path: Path):
    assert isinstance(Cgroups(tmp_path).cgroup("cpu"), Unseen)


def test_a_file_that_cannot_be_read_is_one(tmp_path: Path):
    (tmp_path / "proc/self/cgroup").mkdir(parents=True)

    with pytest.raises(HostReadError, match="Is a directory"):
        Cgroups(tmp_path).cgroup("memory")


def test_knows_all_levels_from_its_own_to_the_outermost(tmp_path: Path):
    cgroup = Cgroup(version=2, top=tmp_path, folder=tmp_path / "a/b")

    assert cgroup.levels == [tmp_path / "a/b", tmp_path / "a", tmp_path]
    assert [cgroup.path_of(level) for level in cgroup.levels] == ["/a/b", "/a", "/"]


def test_finds_the_cgroup_of_this_very_process():
    found = Cgroups(Path("/")).cgroup("memory")

    assert isinstance(found, Unseen) or found.folder.is_dir()


@pytest.mark.parametrize(
    ("mark", "content", "kind"),
    [
        ("run/systemd/container", "lxc\n", "lxc"),
        ("run/.containerenv", "", "podman"),
        (".dockerenv", "", "docker"),
    ],
)
def test_knows_the_marks_that_containers_bear(tmp_path: Path, mark: str, content: str, kind: str):
    (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mark).write_text(content)

    assert container_kind(tmp_path) == kind


@pytest.mark.parametrize("content", ["", "\n", "x" * 40, "lxc\nlxc", "<b>"], ids=repr)
def test_takes_no_kind_that_is_not_a_name(tmp_path: Path, content: str):
    (tmp_path / "run/systemd").mkdir(parents=True)
    (tmp_path / "run/systemd/container").write_text(content)

    assert container_kind(tmp_path) is None

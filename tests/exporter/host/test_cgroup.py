from pathlib import Path

import pytest

from exporter.host.cgroup import (
    CpuLimit,
    MemoryLimit,
    container_kind,
    own_cgroup,
    read_cpu_limit,
    read_memory_limit,
)
from exporter.host.files import HostReadError


@pytest.fixture
def cgroup(tmp_path: Path) -> Path:
    (tmp_path / "memory.max").write_text("268435456\n")
    (tmp_path / "memory.current").write_text("50000000\n")
    (tmp_path / "memory.stat").write_text("anon 20000000\ninactive_file 10000000\nactive_file 5\n")
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 9\nthrottled_usec 2500000\n")
    return tmp_path


def test_reads_limits_and_use(cgroup: Path):
    assert read_memory_limit(cgroup) == MemoryLimit(
        limit_bytes=268435456, usage_bytes=50000000, working_set_bytes=40000000
    )
    assert read_cpu_limit(cgroup) == CpuLimit(limit_cores=1.5, throttled_seconds=2.5)


def test_finds_no_limits_where_there_are_none(cgroup: Path):
    (cgroup / "memory.max").write_text("max\n")
    (cgroup / "cpu.max").write_text("max 100000\n")

    assert read_memory_limit(cgroup) is None
    assert read_cpu_limit(cgroup) is None


def test_finds_no_limits_in_the_root_of_the_hierarchy(tmp_path: Path):
    assert read_memory_limit(tmp_path) is None
    assert read_cpu_limit(tmp_path) is None


def test_says_what_is_missing_beside_a_limit(cgroup: Path):
    (cgroup / "memory.stat").write_text("anon 1\n")
    (cgroup / "cpu.stat").unlink()

    with pytest.raises(HostReadError, match=r"memory\.stat: no whole number after inactive_file"):
        read_memory_limit(cgroup)
    with pytest.raises(HostReadError, match=r"cannot read .*cpu\.stat"):
        read_cpu_limit(cgroup)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("0::/system.slice/marax-exporter.service\n", "sys/fs/cgroup/system.slice/marax-exporter.service"),
        ("0::/\n", "sys/fs/cgroup"),
        ("12:cpu:/a\n0::/b\n", "sys/fs/cgroup/b"),
    ],
    ids=["unit", "container", "hybrid"],
)
def test_finds_the_folder_of_its_own_cgroup(tmp_path: Path, lines: str, expected: str):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(lines)

    assert own_cgroup(tmp_path) == tmp_path / expected


def test_finds_no_cgroup_of_version_2_where_there_is_none(tmp_path: Path):
    assert own_cgroup(tmp_path) is None


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

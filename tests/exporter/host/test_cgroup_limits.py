from pathlib import Path

import pytest

from exporter.host.cgroup import Cgroups
from exporter.host.cgroup_limits import CpuLimit, Limits, MemoryLimit, read_limits
from exporter.host.files import HostReadError

MIB = 1024**2
UNLIMITED_1 = 9223372036854771712

V1_MOUNTS = """\
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
"""


def lay_out(root: Path, files: dict[str, object]) -> Cgroups:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{content}\n")
    return Cgroups(root)


def level(
    path: str, *, memory: object = "max", cpu: object = "max 100000", used: int = 1
) -> dict[str, object]:
    """Return the files of one cgroup of version 2, with so many MiB in use, 1 MiB of them inactive files."""
    folder = f"sys/fs/cgroup{path}"
    return {
        f"{folder}/memory.max": memory,
        f"{folder}/memory.current": used * MIB,
        f"{folder}/memory.stat": f"anon 5\ninactive_file {MIB}",
        f"{folder}/cpu.max": cpu,
        f"{folder}/cpu.stat": f"usage_usec 9\nthrottled_usec {used * 1_000_000}",
    }


def of_version_2(path: str) -> dict[str, object]:
    return {"proc/self/cgroup": f"0::{path}"}


UNIT = "/system.slice/marax-exporter.service"


@pytest.mark.parametrize(
    ("levels", "memory", "cpu"),
    [
        ([level(UNIT)], None, None),
        (
            [level(UNIT, memory=512 * MIB, cpu="50000 100000", used=45)],
            (UNIT, 512, 45),
            (UNIT, 0.5, 45),
        ),
        (
            [
                level("", memory=2048 * MIB, cpu="100000 100000", used=900),
                level(UNIT, memory=512 * MIB, used=45),
            ],
            (UNIT, 512, 45),
            ("/", 1.0, 900),
        ),
        (
            [level("", memory=2048 * MIB, cpu="100000 100000", used=900), level(UNIT)],
            ("/", 2048, 900),
            ("/", 1.0, 900),
        ),
        (
            [
                level("", memory=256 * MIB, used=90),
                level("/system.slice"),
                level(UNIT, memory=512 * MIB, used=45),
            ],
            ("/", 256, 90),
            None,
        ),
        (
            [level("/system.slice", memory=512 * MIB, used=90), level(UNIT, memory=512 * MIB, used=45)],
            ("/system.slice", 512, 90),
            None,
        ),
    ],
    ids=[
        *("none", "its unit's", "its unit's in a container that has more", "its container's alone"),
        *("a container that has less", "two alike"),
    ],
)
def test_the_lowest_limit_of_all_levels_binds(
    tmp_path: Path,
    levels: list[dict[str, object]],
    memory: tuple[str, int, int] | None,
    cpu: tuple[str, float, int] | None,
):
    files = {name: content for one in levels for name, content in one.items()}
    cgroups = lay_out(tmp_path, of_version_2(UNIT) | files)

    found = read_limits(cgroups)

    found.attempts.check()
    assert found.memory == (
        memory
        and MemoryLimit(
            cgroup=memory[0],
            limit_bytes=memory[1] * MIB,
            usage_bytes=memory[2] * MIB,
            working_set_bytes=(memory[2] - 1) * MIB,
        )
    )
    assert found.cpu == (cpu and CpuLimit(cgroup=cpu[0], limit_cores=cpu[1], throttled_seconds=cpu[2]))


def a_host_of_version_1(root: Path, *, limit: object = 512 * MIB, quota: object = 50000) -> Cgroups:
    memory, cpu = "sys/fs/cgroup/memory/box", "sys/fs/cgroup/cpu,cpuacct/box"
    return lay_out(
        root,
        {
            "proc/self/cgroup": "4:memory:/box\n3:cpu,cpuacct:/box\n1:name=systemd:/box\n0::/",
            "proc/self/mountinfo": V1_MOUNTS,
            "sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_1,
            f"{memory}/memory.limit_in_bytes": limit,
            f"{memory}/memory.usage_in_bytes": 45 * MIB,
            f"{memory}/memory.stat": f"inactive_file 1\ntotal_inactive_file {5 * MIB}",
            f"{cpu}/cpu.cfs_quota_us": quota,
            f"{cpu}/cpu.cfs_period_us": 100000,
            f"{cpu}/cpu.stat": "nr_periods 9\nnr_throttled 2\nthrottled_time 2500000000",
        },
    )


def test_reads_limits_of_version_1(tmp_path: Path):
    found = read_limits(a_host_of_version_1(tmp_path))

    found.attempts.check()
    assert found.memory == MemoryLimit(
        cgroup="/box", limit_bytes=512 * MIB, usage_bytes=45 * MIB, working_set_bytes=40 * MIB
    )
    assert found.cpu == CpuLimit(cgroup="/box", limit_cores=0.5, throttled_seconds=2.5)


def test_finds_no_limits_of_version_1_where_there_are_none(tmp_path: Path):
    found = read_limits(a_host_of_version_1(tmp_path, limit=UNLIMITED_1, quota=-1))

    assert (found.memory, found.cpu, found.unseen) == (None, None, ())


@pytest.mark.parametrize(
    "content",
    ["", "\0", "-5", "none", "1" * 5000, "\u0661", "max max", "1 2 3", "0x10"],
    ids="{!r:.10}".format,
)
@pytest.mark.parametrize("name", ["memory.max", "cpu.max"])
def test_says_which_limit_is_not_what_the_kernel_writes(tmp_path: Path, name: str, content: str):
    sound = level("", memory=2048 * MIB, cpu="100000 100000")
    cgroups = lay_out(tmp_path, of_version_2("/a") | sound | {f"sys/fs/cgroup/a/{name}": content})

    found = read_limits(cgroups)

    assert (found.memory, found.cpu) != (None, None), "the other levels are read"
    if content == "max max":
        return  # an odd way to say that there is none
    with pytest.raises(HostReadError, match=f"/a/{name}"):
        found.attempts.check()


@pytest.mark.parametrize("quota", ["100000 0", "100000", "100000 x"])
def test_divides_nothing_by_an_odd_period(tmp_path: Path, quota: str):
    found = read_limits(lay_out(tmp_path, of_version_2("/") | level("", cpu=quota)))

    assert found.cpu is None
    with pytest.raises(HostReadError, match=r"cpu\.max"):
        found.attempts.check()


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("memory.current", {"usage_bytes", "working_set_bytes"}),
        ("memory.stat", {"working_set_bytes"}),
        ("cpu.stat", {"throttled_seconds"}),
    ],
)
@pytest.mark.parametrize(
    "content", [None, "", "throttled_usec\ninactive_file x"], ids=["missing", "empty", "odd"]
)
def test_what_is_missing_beside_a_limit_costs_only_itself(
    tmp_path: Path, name: str, lost: set[str], content: str | None
):
    cgroups = lay_out(tmp_path, of_version_2("/") | level("", memory=512 * MIB, cpu="1 2"))
    (tmp_path / "sys/fs/cgroup" / name).unlink()
    if content is not None:
        (tmp_path / "sys/fs/cgroup" / name).write_text(content)

    found = read_limits(cgroups)

    assert found.memory
    assert found.cpu
    values = {
        field: getattr(one, field) for one in (found.memory, found.cpu) for field in type(one).__slots__
    }
    assert {field for field, value in values.items() if value is None} == lost
    with pytest.raises(HostReadError, match=name):
        found.attempts.check()


def test_a_cgroup_that_cannot_be_seen_is_no_failure(tmp_path: Path):
    found = read_limits(lay_out(tmp_path, of_version_2("/../..")))

    found.attempts.check()
    assert found == Limits(memory=None, cpu=None, unseen=found.unseen, attempts=found.attempts)
    assert len(found.unseen) == 1

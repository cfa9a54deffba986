from pathlib import Path

import pytest

from exporter.host.unit import UnitNames, main_process_of, unit_of
from tests.fakes.snapshots import a_process, a_snapshot, a_stat_line

USER = "/user.slice/user-1000.slice"


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        pytest.param("0::/system.slice/nginx.service\n", "nginx.service", id="service"),
        pytest.param("0::/init.scope\n", "init.scope", id="init"),
        pytest.param(f"0::{USER}/session-3.scope\n", "session-3.scope", id="login"),
        pytest.param(
            f"0::{USER}/user@1000.service/app.slice/app-x.scope\n", "user@1000.service", id="user's own"
        ),
        pytest.param(
            "0::/system.slice/docker-0123.scope/inner\n", "docker-0123.scope", id="within a container"
        ),
        pytest.param(
            "0::/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", id="template"
        ),
        pytest.param("0::/system.slice/_cpu.service\n", "cpu.service", id="escaped"),
        pytest.param(
            "12:cpu:/a.service\n1:name=systemd:/system.slice/b.service\n0::/\n", "b.service", id="version 1"
        ),
        pytest.param("0::/system.slice/a:b.service\n", "a:b.service", id="colon in the name"),
        pytest.param("0::/\n", "", id="root"),
        pytest.param("0::/docker/0123456789abcdef\n", "", id="not systemd's"),
        pytest.param("0::/../../other.service\n", "", id="outside our namespace"),
        pytest.param("0::/user.slice\n", "", id="slice only"),
        pytest.param("", "", id="empty"),
        pytest.param("nonsense", "", id="nonsense"),
        pytest.param("0::", "", id="cut short"),
    ],
)
def test_finds_the_outermost_unit(cgroup: str, unit: str):
    assert unit_of(cgroup) == unit


def put(procfs: Path, pid: int, unit: str, *, start_ticks: int) -> None:
    (procfs / f"{pid}").mkdir(exist_ok=True)
    (procfs / f"{pid}/stat").write_bytes(a_stat_line(pid, start_ticks=start_ticks))
    (procfs / f"{pid}/cgroup").write_text(f"0::/system.slice/{unit}\n")


def test_names_the_unit_of_every_process(tmp_path: Path):
    put(tmp_path, 10, "a.service", start_ticks=1)
    put(tmp_path, 11, "", start_ticks=2)
    processes = [
        a_process(10, start_ticks=1),
        a_process(11, start_ticks=2),
        a_process(12, start_ticks=3),
        a_process(13, is_kernel_thread=True),
    ]

    units = UnitNames(tmp_path)(a_snapshot(processes))

    assert units == {10: "a.service", 11: "(no unit)", 12: "(no unit)", 13: "(no unit)"}


def test_reads_once_in_the_life_of_a_process(tmp_path: Path):
    units = UnitNames(tmp_path)
    put(tmp_path, 10, "first.service", start_ticks=1)
    before = units(a_snapshot([a_process(10, start_ticks=1)]))
    put(tmp_path, 10, "second.service", start_ticks=1)
    same = units(a_snapshot([a_process(10, start_ticks=1, own_ticks=9)]))
    put(tmp_path, 10, "third.service", start_ticks=2)
    another = units(a_snapshot([a_process(10, start_ticks=2)]))

    assert [before[10], same[10], another[10]] == ["first.service", "first.service", "third.service"]


def test_finds_the_main_process_of_a_unit(tmp_path: Path):
    unit = "x.service"
    for pid, cgroup in ((7, unit), (8, unit), (9, "y.service")):
        (tmp_path / f"{pid}").mkdir()
        (tmp_path / f"{pid}/stat").write_bytes(a_stat_line(pid))
        (tmp_path / f"{pid}/cgroup").write_text(f"0::/system.slice/{cgroup}\n")
    processes = [
        a_process(pid, start_ticks=5000, parent_pid=parent) for pid, parent in ((8, 7), (7, 1), (9, 1))
    ]

    found = main_process_of(unit, tmp_path, a_snapshot([*processes, a_process(10)]))

    assert found is not None
    assert found.pid == 7
    assert main_process_of("z.service", tmp_path, a_snapshot(processes)) is None

import contextlib
import os
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.files import HostReadError
from exporter.host.kernel_stat import parse_kernel_stat, read_kernel_stat

STAT = """\
cpu  100 200 300 4000 50 6 7 8 90 10
cpu0 60 100 150 2000 25 3 4 4 50 5
cpu7 40 100 150 2000 25 3 3 4 40 5
intr 114930548 113199788 3
ctxt 1990473
btime 1062191376
processes 2915
procs_running 1
procs_blocked 0
softirq 183433 0 21755
"""


def test_reads_the_host_and_each_cpu_in_seconds():
    stat = parse_kernel_stat(STAT, ticks_per_second=100)

    assert stat.cpu.by_mode() == {
        "user": 1.0,
        "nice": 2.0,
        "system": 3.0,
        "idle": 40.0,
        "iowait": 0.5,
        "irq": 0.06,
        "softirq": 0.07,
        "steal": 0.08,
    }
    assert list(stat.cores) == ["0", "7"]
    assert stat.cores["7"].by_mode()["user"] == 0.4
    assert (stat.boot_time_seconds, stat.context_switches, stat.forks) == (1062191376, 1990473, 2915)


def test_counts_neither_waiting_nor_stolen_time_as_busy():
    assert parse_kernel_stat(STAT, ticks_per_second=100).cpu.busy_seconds == pytest.approx(6.13)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "a cpu line without eight whole numbers", id="empty"),
        pytest.param(STAT.replace("cpu  100", "cpu  -1"), "a cpu line", id="negative"),
        pytest.param(STAT.replace("cpu  100", "cpu  1\u0660"), "a cpu line", id="digits of another script"),
        pytest.param(STAT.replace("cpu  100", "cpu  " + "9" * 5000), "a cpu line", id="endless number"),
        pytest.param("cpu  1 2 3\nctxt 1\nbtime 1\nprocesses 1\n", "a cpu line", id="kernel before 2.6.11"),
        pytest.param(STAT.replace("btime 1062191376\n", ""), "btime", id="no boot time"),
        pytest.param(STAT.replace("ctxt 1990473", "ctxt"), "ctxt", id="cut off"),
        pytest.param(STAT.replace("processes 2915", "processes 2 9"), "processes", id="two numbers"),
    ],
)
def test_says_what_is_wrong_with_a_broken_file(tmp_path: Path, text: str, complaint: str):
    (tmp_path / "stat").write_text(text)

    with pytest.raises(HostReadError, match=complaint):
        read_kernel_stat(tmp_path)


@given(st.binary())
def test_never_fails_otherwise_than_by_saying_so(content: bytes):
    text = content.decode(errors="replace")

    with contextlib.suppress(ValueError):
        assert parse_kernel_stat(text, ticks_per_second=100).cpu.total_seconds >= 0


def test_says_which_file_is_missing(tmp_path: Path):
    with pytest.raises(HostReadError, match=f"cannot read {tmp_path}/stat: No such file"):
        read_kernel_stat(tmp_path)


def test_agrees_with_psutil_about_this_machine():
    before = psutil.cpu_times()
    stat = read_kernel_stat(Path("/proc"))
    after = psutil.cpu_times()

    for mode, seconds in stat.cpu.by_mode().items():
        assert getattr(before, mode) - 0.1 <= seconds <= getattr(after, mode) + 0.1
    assert stat.boot_time_seconds == psutil.boot_time()
    assert len(stat.cores) == len(psutil.cpu_times(percpu=True))


@pytest.mark.parametrize("length", [100, 70_000, 6_000_000], ids="{} interrupts".format)
def test_reads_what_stands_around_a_line_of_interrupts_of_any_length(tmp_path: Path, length: int):
    text = STAT.replace("intr 114930548", f"intr 114930548{' 0' * length}")
    (tmp_path / "stat").write_text(text)

    found = read_kernel_stat(tmp_path)

    assert found == parse_kernel_stat(STAT, ticks_per_second=os.sysconf("SC_CLK_TCK"))


def test_reads_as_many_cpus_as_there_are(tmp_path: Path):
    cores = "".join(f"cpu{number} 60 100 150 2000 25 3 4 4 50 5\n" for number in range(8192))
    (tmp_path / "stat").write_text(STAT.replace("intr", f"{cores}intr"))

    assert len(read_kernel_stat(tmp_path).cores) == 8192

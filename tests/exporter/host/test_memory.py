from pathlib import Path

import psutil
import pytest

from exporter.host.files import HostReadError
from exporter.host.memory import Memory, parse_vmstat, read_memory, read_vmstat


def memory(*, total: int, available: int) -> Memory:
    return Memory(
        total_bytes=total,
        available_bytes=available,
        free_bytes=0,
        buffers_bytes=0,
        cached_bytes=0,
        swap_total_bytes=0,
        swap_free_bytes=0,
    )


def test_reads_what_the_kernel_says_about_this_machine():
    kilobytes = {
        name: int(rest.split()[0]) * 1024
        for name, rest in (line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    }

    read = read_memory()

    assert read.total_bytes == kilobytes["MemTotal"]
    assert read.available_bytes == pytest.approx(kilobytes["MemAvailable"], rel=0.1)
    assert (read.swap_total_bytes, read.swap_free_bytes) == (kilobytes["SwapTotal"], kilobytes["SwapFree"])


@pytest.mark.parametrize(
    ("available", "ratio"),
    [(100, 0.0), (75, 0.25), (0, 1.0), (150, 0.0)],
    ids=["idle", "quarter", "full", "lxc"],
)
def test_uses_what_is_not_available(available: int, ratio: float):
    assert memory(total=100, available=available).usage_ratio == ratio


def test_divides_nothing_by_no_memory():
    assert memory(total=0, available=0).usage_ratio == 0.0


@pytest.mark.parametrize("text", ["", "MemTotal:\n", "MemTotal: x kB\n", "\0\0"], ids=repr)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_says_so_when_psutil_cannot_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str):
    (tmp_path / "meminfo").write_text(text)
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))

    with pytest.raises(HostReadError, match="psutil cannot read the host's memory"):
        read_memory()


def test_reads_counters_by_name():
    assert parse_vmstat("nr_free_pages 6040832\npswpin 12\n") == {"nr_free_pages": 6040832, "pswpin": 12}


@pytest.mark.parametrize("text", ["", "\n", "pswpin", "pswpin x\n", "pswpin 1 2\n", "\0\0\0"])
def test_says_which_file_is_broken(tmp_path: Path, text: str):
    (tmp_path / "vmstat").write_text(text)

    with pytest.raises(HostReadError, match=f"{tmp_path}/vmstat: a line that is not a name"):
        read_vmstat(tmp_path)


def test_finds_the_kernels_counters_on_this_machine():
    assert {"pgmajfault", "pgfault"} <= read_vmstat(Path("/proc")).keys()

import re
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.files import HostReadError
from exporter.host.memory import Memory, parse_meminfo, parse_vmstat, read_memory, read_vmstat

PROCFS = Path("/proc")
MEMINFO = """\
MemTotal:        1000 kB
MemFree:          100 kB
MemAvailable:     600 kB
Buffers:           20 kB
Cached:           250 kB
SwapCached:         1 kB
Active(anon):       7 kB
SwapTotal:        400 kB
SwapFree:         300 kB
SReclaimable:      50 kB
HugePages_Total:    9
"""


def test_reads_sizes_in_bytes():
    assert parse_meminfo(MEMINFO) == Memory(
        total_bytes=1000 * 1024,
        available_bytes=600 * 1024,
        free_bytes=100 * 1024,
        buffers_bytes=20 * 1024,
        cached_bytes=300 * 1024,
        swap_total_bytes=400 * 1024,
        swap_free_bytes=300 * 1024,
    )


def test_agrees_with_psutil_about_this_machine():
    theirs, swap = psutil.virtual_memory(), psutil.swap_memory()

    ours = read_memory(PROCFS)

    assert ours.total_bytes == theirs.total
    assert ours.available_bytes == pytest.approx(theirs.available, rel=0.1)
    assert ours.free_bytes == pytest.approx(theirs.free, rel=0.2, abs=64 * 1024**2)
    assert ours.buffers_bytes == pytest.approx(theirs.buffers, rel=0.2)
    assert ours.cached_bytes == pytest.approx(theirs.cached, rel=0.2)
    assert ours.swap_total_bytes == swap.total
    assert ours.swap_free_bytes == pytest.approx(swap.free, rel=0.1)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("MemAvailable", "available_bytes"),
        ("MemFree", "free_bytes"),
        ("Buffers", "buffers_bytes"),
        ("Cached", "cached_bytes"),
        ("SwapTotal", "swap_total_bytes"),
        ("SwapFree", "swap_free_bytes"),
    ],
)
@pytest.mark.parametrize(
    "line", ["", "{}:\n", "{}: x kB\n", "{}: -1 kB\n"], ids=["missing", "empty", "no", "less"]
)
def test_knows_nothing_of_what_the_kernel_does_not_tell(name: str, field: str, line: str):
    whole = parse_meminfo(MEMINFO)

    found = parse_meminfo(re.sub(rf"^{name}:.*\n", line.format(name), MEMINFO, flags=re.MULTILINE))

    assert getattr(found, field) is None
    assert {f for f in Memory.__slots__ if getattr(found, f) != getattr(whole, f)} == {field}


@pytest.mark.parametrize(
    ("available", "ratio"),
    [(1000, 0.0), (750, 0.25), (0, 1.0), (1500, 0.9)],
    ids=["idle", "quarter", "full", "the machine's, in a container"],
)
def test_uses_what_is_not_available(available: int, ratio: float):
    memory = parse_meminfo(MEMINFO.replace("600 kB", f"{available} kB"))

    assert memory.usage_ratio == pytest.approx(ratio)


@pytest.mark.parametrize("text", ["MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal: 9 kB\n"], ids=repr)
def test_knows_no_share_of_what_it_does_not_know(text: str):
    assert parse_meminfo(text).usage_ratio is None


@pytest.mark.parametrize("text", ["", "MemTotal:\n", "MemTotal: x kB\n", "MemFree: 1 kB\n", "\0\0"], ids=repr)
def test_says_so_when_there_is_no_memory(tmp_path: Path, text: str):
    (tmp_path / "meminfo").write_text(text)

    with pytest.raises(HostReadError, match=f"{tmp_path}/meminfo: no size after MemTotal"):
        read_memory(tmp_path)


@given(st.text(alphabet="MemTotal:FrAvibufsSwp 0123456789kB\n"))
def test_is_never_surprised(text: str):
    memory = parse_meminfo(f"MemTotal: 1 kB\n{text}")

    assert memory.usage_ratio is None or 0 <= memory.usage_ratio <= 1


def test_reads_counters_by_name():
    assert parse_vmstat("nr_free_pages 6040832\npswpin 12\n") == {"nr_free_pages": 6040832, "pswpin": 12}


@pytest.mark.parametrize("text", ["", "\n", "pswpin", "pswpin x\n", "pswpin 1 2\n", "\0\0\0"])
def test_says_which_file_is_broken(tmp_path: Path, text: str):
    (tmp_path / "vmstat").write_text(text)

    with pytest.raises(HostReadError, match=f"{tmp_path}/vmstat: a line that is not a name"):
        read_vmstat(tmp_path)


def test_finds_the_kernels_counters_on_this_machine():
    assert {"pgmajfault", "pgfault"} <= read_vmstat(PROCFS).keys()

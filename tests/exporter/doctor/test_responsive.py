import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.doctor.responsive import hanging_files, hanging_finding
from exporter.host.files import PROCFS

ROOT = Path(__file__).parents[3]


@pytest.fixture
def procfs(tmp_path: Path) -> Iterator[Path]:
    """Return a /proc whose meminfo hangs until the test is over."""
    (tmp_path / "stat").write_text("cpu 1\n")
    os.mkfifo(tmp_path / "meminfo")
    yield tmp_path
    os.close(os.open(tmp_path / "meminfo", os.O_RDWR | os.O_NONBLOCK))


def test_names_the_files_that_hang(procfs: Path):
    assert hanging_files(procfs, patience_seconds=0.2) == [procfs / "meminfo"]


def test_nothing_hangs_on_this_machine():
    assert hanging_files(PROCFS) == []


def test_says_so_with_a_remedy():
    finding = hanging_finding([Path("/proc/stat"), Path("/proc/meminfo")])

    assert finding.verdict == "problem"
    assert "reading /proc/stat, /proc/meminfo does not end within 5 s" in finding.says
    assert "restart LXCFS" in finding.remedy


def test_is_asked_before_anything_is_imported_that_reads_proc_by_itself():
    program = "import sys, exporter.cli, exporter.doctor.responsive; print([*sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "'exporter.doctor.responsive'" in loaded.stdout
    assert "'prometheus_client'" not in loaded.stdout
    assert "'psutil'" not in loaded.stdout

from pathlib import Path

import pytest

from exporter.host.files import HostReadError
from exporter.host.pressure import RESOURCES, Pressure, parse_pressure, read_pressure

BOTH = """\
some avg10=0.22 avg60=0.17 avg300=1.11 total=58761459
full avg10=0.22 avg60=0.16 avg300=1.08 total=58464525
"""


def test_reads_how_long_some_and_how_long_all_tasks_waited():
    assert parse_pressure(BOTH) == Pressure(waiting_seconds=58.761459, stalled_seconds=58.464525)


def test_knows_nothing_of_a_line_that_the_kernel_does_not_write():
    irq = "full avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n"

    assert parse_pressure(irq) == Pressure(waiting_seconds=None, stalled_seconds=1.0)


def test_knows_nothing_of_a_resource_that_the_kernel_does_not_account_for(tmp_path: Path):
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure/memory").write_text(BOTH)

    assert [bool(read_pressure(tmp_path, resource)) for resource in ("cpu", "memory")] == [False, True]


@pytest.mark.parametrize("resource", RESOURCES)
def test_finds_nothing_on_a_kernel_without_psi(tmp_path: Path, resource: str):
    assert read_pressure(tmp_path, resource) is None


@pytest.mark.parametrize("text", ["", "some\n", "some avg10=0.22 total=1\n", BOTH + "more\n", "\0" * 100])
def test_says_which_file_is_broken(tmp_path: Path, text: str):
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure/io").write_text(text)

    with pytest.raises(HostReadError, match=f"{tmp_path}/pressure/io: not a PSI file"):
        read_pressure(tmp_path, "io")


def test_fails_when_a_file_is_there_but_cannot_be_read(tmp_path: Path):
    (tmp_path / "pressure/cpu").mkdir(parents=True)

    with pytest.raises(HostReadError, match="Is a directory"):
        read_pressure(tmp_path, "cpu")

import os
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.proc_dir import Gone
from exporter.host.process_details import Details, DetailsReader, printable
from exporter.host.stat import Process, parse_stat
from exporter.host.user_names import UserNames
from marax.clock import SystemClock
from tests.fakes.snapshots import a_process, a_stat_line
from tests.programs import asleep

PROCFS = Path("/proc")
NAMELESS_USER = 4_000_000_000


def process_of(pid: int) -> Process:
    return parse_stat(Path(f"/proc/{pid}/stat").read_bytes())


def a_reader(procfs: Path = PROCFS, *, show_command_line: bool = False) -> DetailsReader:
    return DetailsReader(procfs, UserNames(SystemClock()), show_command_line=show_command_line)


def test_names_the_user_that_psutil_names():
    details = a_reader().read(process_of(os.getpid()))

    assert isinstance(details, Details)
    assert details.user == psutil.Process().username()


def test_keeps_the_command_line_to_itself_unless_told_to_show_it():
    with asleep() as sleeper:
        process = process_of(sleeper.pid)
        hidden = a_reader().read(process)
        shown = a_reader(show_command_line=True).read(process)

    assert isinstance(hidden, Details)
    assert isinstance(shown, Details)
    assert (hidden.command_line, shown.command_line) == ("", "sleep 60")


def test_says_that_the_process_is_gone():
    assert a_reader().read(a_process(os.getpid(), start_ticks=1)) == Gone()


def test_leaves_empty_what_cannot_be_read(tmp_path: Path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_bytes(a_stat_line(7))

    details = a_reader(tmp_path, show_command_line=True).read(a_process(7, start_ticks=5000))

    assert details == Details(user="", unit="", command_line="")


def test_reads_user_and_unit_from_a_procfs_anywhere(tmp_path: Path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_bytes(a_stat_line(7))
    (tmp_path / "7/status").write_text(f"Name:\ta\\nUid:\t0\t0\nUid:\t{NAMELESS_USER}\t0\t0\t0\n")
    (tmp_path / "7/cgroup").write_text("0::/system.slice/db.service\n")

    details = a_reader(tmp_path).read(a_process(7, start_ticks=5000))

    assert details == Details(user=str(NAMELESS_USER), unit="db.service", command_line="")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("", ""),
        ("sleep\x0060\x00", "sleep 60"),
        ("evil\x00\x1b[31m\x00line\nbreak\x00", "evil  [31m line break"),
        ("right\u202eto\u200bleft", "right to left"),
        ("x" * 500, "x" * 120),
    ],
)
def test_shows_a_command_line_as_one_short_line(arguments: str, shown: str):
    assert printable(arguments) == shown


@given(st.text())
def test_shows_nothing_that_cannot_be_printed(arguments: str):
    shown = printable(arguments)

    assert shown.isprintable()
    assert len(shown) <= 120

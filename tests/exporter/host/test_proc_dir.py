import os
from pathlib import Path

import pytest

from exporter.host.proc_dir import Gone, read_pinned
from exporter.host.stat import Process, parse_stat
from tests.fakes.snapshots import a_process, a_stat_line
from tests.programs import asleep

PROCFS = Path("/proc")


def this_process() -> Process:
    return parse_stat(Path("/proc/self/stat").read_bytes())


def test_reads_files_of_a_living_process():
    with asleep() as sleeper:
        process = parse_stat(Path(f"/proc/{sleeper.pid}/stat").read_bytes())
        files = read_pinned(PROCFS, process, "comm", "cmdline")

    assert files == {"comm": "sleep\n", "cmdline": "sleep\x0060\x00"}


def test_a_file_that_cannot_be_read_is_empty():
    assert read_pinned(PROCFS, this_process(), "no-such-file", "task") == {"no-such-file": "", "task": ""}


def test_never_reads_of_another_process_that_bears_the_number_by_now():
    ourselves = this_process()
    dead = a_process(ourselves.pid, start_ticks=ourselves.start_ticks - 1)

    assert read_pinned(PROCFS, dead, "comm") == Gone()


def test_says_that_a_process_is_gone():
    with asleep() as sleeper:
        process = parse_stat(Path(f"/proc/{sleeper.pid}/stat").read_bytes())
        sleeper.kill()
        sleeper.wait()

        assert read_pinned(PROCFS, process, "comm") == Gone()


def test_a_folder_of_a_process_outlives_it_and_answers_for_nobody_else():
    """What read_pinned stands on, shown on this kernel."""
    with asleep() as sleeper:
        folder = os.open(f"/proc/{sleeper.pid}", os.O_RDONLY | os.O_DIRECTORY)
        sleeper.kill()
        sleeper.wait()
        try:
            with pytest.raises(ProcessLookupError):
                os.close(os.open("stat", os.O_RDONLY, dir_fd=folder))
        finally:
            os.close(folder)


@pytest.mark.parametrize("line", [b"", b"broken", a_stat_line(8)], ids=["empty", "broken", "another's"])
def test_takes_a_stat_file_that_it_cannot_read_for_a_process_that_is_gone(tmp_path: Path, line: bytes):
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_bytes(line)

    assert read_pinned(tmp_path, a_process(7, start_ticks=5000), "comm") == Gone()

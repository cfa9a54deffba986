import resource
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from exporter.host.files import HostReadError
from exporter.host.own_process import OwnProcessReader

ROOT = Path(__file__).parents[3]


def test_agrees_with_psutil():
    ourselves = psutil.Process()

    found = OwnProcessReader(Path("/proc")).read()

    times, memory = ourselves.cpu_times(), ourselves.memory_info()
    assert found.cpu_seconds == pytest.approx(times.user + times.system, abs=0.5)
    assert found.virtual_memory_bytes == pytest.approx(memory.vms, rel=0.05)
    assert found.resident_memory_bytes == pytest.approx(memory.rss, rel=0.1)
    assert found.start_time_seconds == pytest.approx(ourselves.create_time(), abs=2)
    assert found.max_fds == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_agrees_with_psutil_on_open_files_where_no_other_thread_opens_any():
    program = """
from pathlib import Path
import psutil
from exporter.host.own_process import OwnProcessReader
print(OwnProcessReader(Path("/proc")).read().open_fds, psutil.Process().num_fds())
"""

    counted = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    ours, theirs = map(int, counted.stdout.split())
    assert ours == theirs - 1, "psutil counts the one with which it counts"


@pytest.fixture
def procfs(tmp_path: Path) -> Path:
    """Return a /proc of this process alone."""
    (tmp_path / "self/fd").mkdir(parents=True)
    for name in ("stat", "self/stat", "self/statm"):
        shutil.copyfile(Path("/proc") / name, tmp_path / name)
    return tmp_path


def test_tells_the_start_as_it_was_first_seen(procfs: Path):
    reader = OwnProcessReader(procfs)
    before = reader.read().start_time_seconds
    stat = (procfs / "stat").read_text()
    (procfs / "stat").write_text(stat.replace("btime 1", "btime 2"))

    assert reader.read().start_time_seconds == before
    assert OwnProcessReader(procfs).read().start_time_seconds > before


@pytest.mark.parametrize("name", ["self/stat", "self/statm", "stat"])
@pytest.mark.parametrize("content", ["", "\x00nonsense\n"])
def test_says_which_file_is_wrong(procfs: Path, name: str, content: str):
    (procfs / name).write_text(content)

    with pytest.raises(HostReadError, match=str(procfs / name)):
        OwnProcessReader(procfs).read()


def test_says_that_there_is_no_such_file(procfs: Path):
    shutil.rmtree(procfs / "self")

    with pytest.raises(HostReadError, match="No such file"):
        OwnProcessReader(procfs).read()

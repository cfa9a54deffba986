import resource
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from exporter.host.files import HostReadError
from exporter.host.own_process import OwnProcess, OwnProcessReader
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).parents[3]


def test_agrees_with_psutil():
    ourselves = psutil.Process()

    found = OwnProcessReader(Path("/proc"), SystemClock()).read()

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
from marax.clock import SystemClock
print(OwnProcessReader(Path("/proc"), SystemClock()).read().open_fds, psutil.Process().num_fds())
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
    for name in ("self/stat", "self/statm"):
        shutil.copyfile(Path("/proc") / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("set_by_seconds", "moved_by_seconds"),
    [(0.0, 0.0), (59.0, 0.0), (-59.0, 0.0), (1.7e9, 1.7e9), (-3600.0, -3600.0)],
    ids=["never set", "kept right", "kept back", "set at last", "set back"],
)
def test_tells_the_start_as_first_seen_until_the_clock_is_set(
    procfs: Path, set_by_seconds: float, moved_by_seconds: float
):
    clock = FakeClock()
    reader = OwnProcessReader(procfs, clock)
    before = started(reader)
    clock.jump(set_by_seconds)
    clock.suspend(7200)

    after = started(reader)

    assert after - before == pytest.approx(moved_by_seconds)


def started(reader: OwnProcessReader) -> float:
    found = reader.read().start_time_seconds
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("self/stat", {"start_time_seconds"}),
        ("self/statm", {"virtual_memory_bytes", "resident_memory_bytes"}),
    ],
)
@pytest.mark.parametrize(
    "content", ["", "\x00nonsense\n", f"{'9' * 5000} 2 3\n", None], ids="{!r:.12}".format
)
def test_one_broken_file_costs_only_what_it_says(
    procfs: Path, name: str, lost: set[str], content: str | None
):
    (procfs / name).unlink()
    if content is not None:
        (procfs / name).write_text(content)

    found = OwnProcessReader(procfs, SystemClock()).read()

    assert {field for field in OwnProcess.__slots__ if getattr(found, field) is None} == lost
    with pytest.raises(HostReadError, match=str(procfs / name)):
        found.attempts.check()


def test_says_that_there_is_no_such_process(procfs: Path):
    shutil.rmtree(procfs / "self")

    with pytest.raises(HostReadError, match="No such file"):
        OwnProcessReader(procfs, SystemClock()).read().attempts.check()

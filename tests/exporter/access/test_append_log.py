import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.access.append_log import AppendLog
from tests.exporter.access.full_disk import files_end_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(path: Path) -> Iterator[AppendLog]:
    with AppendLog(path) as log:
        yield log


def test_starts_empty_and_private(log: AppendLog, path: Path):
    assert log.lines() == ([], b"")
    assert path.stat().st_mode & 0o777 == 0o600


def test_keeps_what_was_appended(log: AppendLog, path: Path):
    log.append(b"one")
    log.append(b"two")
    log.close()

    with AppendLog(path) as again:
        again.append(b"three")
        assert again.lines() == ([b"one", b"two", b"three"], b"")


def test_replaces_all_lines(log: AppendLog):
    for _ in range(5):
        log.append(b"old")

    log.replace([b"new"])
    log.append(b"newer")

    assert log.lines() == ([b"new", b"newer"], b"")


def test_tells_an_append_that_was_cut_short_apart(path: Path):
    path.write_bytes(b"one\ntwo\nthr")

    with AppendLog(path) as log:
        assert log.lines() == ([b"one", b"two"], b"thr")


@pytest.mark.attack(65)
def test_a_full_disk_leaves_the_lines_as_they_were(log: AppendLog):
    log.append(b"one")

    with files_end_at(6), pytest.raises(OSError, match="No space left"):
        log.append(b"a line that is too long")
    assert log.lines() == ([b"one"], b"")

    log.append(b"two")
    assert log.lines() == ([b"one", b"two"], b"")


@pytest.mark.attack(65)
def test_a_full_disk_leaves_the_old_lines_when_they_are_to_be_replaced(log: AppendLog):
    log.append(b"one")

    with files_end_at(6), pytest.raises(OSError, match="No space left"):
        log.replace([b"a line that is too long"])

    log.append(b"two")
    assert log.lines() == ([b"one", b"two"], b"")


def test_takes_the_place_of_a_draft_that_a_crash_left_behind(log: AppendLog, path: Path):
    path.with_name("log.new").write_bytes(b"rubbish" * 100)

    log.replace([b"one"])

    assert log.lines() == ([b"one"], b"")


def test_does_not_follow_links(path: Path, tmp_path: Path):
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic links"):
        AppendLog(path)


@pytest.mark.usefixtures("log")
def test_another_process_cannot_have_it_meanwhile(path: Path):
    program = """
import sys
from pathlib import Path
from exporter.access.append_log import AppendLog
AppendLog(Path(sys.argv[1]))
"""

    said = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)

    assert "BlockingIOError" in said.stderr

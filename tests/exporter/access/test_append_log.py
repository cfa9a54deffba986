import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.access.append_log import Journal
from tests.exporter.access.full_disk import files_end_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path) as journal:
        yield journal


def test_starts_empty_and_private(journal: Journal, path: Path):
    assert journal.lines() == ([], b"")
    assert path.stat().st_mode & 0o777 == 0o600


def test_keeps_what_was_appended(journal: Journal, path: Path):
    journal.append(b"one")
    journal.append(b"two")
    journal.close()

    with Journal(path) as again:
        again.append(b"three")
        assert again.lines() == ([b"one", b"two", b"three"], b"")


def test_replaces_all_lines(journal: Journal):
    for _ in range(5):
        journal.append(b"old")

    journal.replace([b"new"])
    journal.append(b"newer")

    assert journal.lines() == ([b"new", b"newer"], b"")


def test_tells_an_append_that_was_cut_short_apart(path: Path):
    path.write_bytes(b"one\ntwo\nthr")

    with Journal(path) as journal:
        assert journal.lines() == ([b"one", b"two"], b"thr")


def test_65_a_full_disk_leaves_the_lines_as_they_were(journal: Journal):
    journal.append(b"one")

    with files_end_at(6), pytest.raises(OSError, match="No space left"):
        journal.append(b"a line that is too long")
    assert journal.lines() == ([b"one"], b"")

    journal.append(b"two")
    assert journal.lines() == ([b"one", b"two"], b"")


def test_65_a_full_disk_leaves_the_old_lines_when_they_are_to_be_replaced(journal: Journal):
    journal.append(b"one")

    with files_end_at(6), pytest.raises(OSError, match="No space left"):
        journal.replace([b"a line that is too long"])

    journal.append(b"two")
    assert journal.lines() == ([b"one", b"two"], b"")


def test_takes_the_place_of_a_draft_that_a_crash_left_behind(journal: Journal, path: Path):
    path.with_name("journal.new").write_bytes(b"rubbish" * 100)

    journal.replace([b"one"])

    assert journal.lines() == ([b"one"], b"")


def test_does_not_follow_links(path: Path, tmp_path: Path):
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic links"):
        Journal(path)


@pytest.mark.usefixtures("journal")
def test_another_process_cannot_have_it_meanwhile(path: Path):
    program = """
import sys
from pathlib import Path
from exporter.access.append_log import Journal
Journal(Path(sys.argv[1]))
"""

    said = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)

    assert "BlockingIOError" in said.stderr

import contextlib
import json
import logging
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.commands.audit import AuditError, FileAudit, LogAudit
from tests.fakes.clock import FakeClock

FORGERY = 'x"}\n{"event": "ended", "user": "root"}\r\x1b[2K\x00\u2028\ud800'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def audit(path: Path) -> FileAudit:
    return FileAudit(path, FakeClock())


@contextlib.contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_appends_a_line_for_each_event(audit: FileAudit, path: Path):
    audit.note("started", {"user": "ann", "arguments": {"unit": "nginx.service"}})
    audit.note("ended", {"user": "ann", "exit_code": 0})

    started, ended = lines(path)
    assert started == {
        "time": started["time"],
        "event": "started",
        "user": "ann",
        "arguments": {"unit": "nginx.service"},
    }
    assert str(started["time"]).endswith("Z")
    assert ended["event"] == "ended"


@pytest.mark.attack(59)
def test_one_event_is_one_line_whatever_it_bears(audit: FileAudit, path: Path):
    audit.note("refused", {"command": FORGERY, FORGERY: [FORGERY]})

    (line,) = lines(path)
    assert line["command"] == FORGERY
    assert line["event"] == "refused"


def test_cuts_what_is_too_long(audit: FileAudit, path: Path):
    audit.note("refused", {"command": "x" * 60_000, "arguments": {"a": ["y" * 60_000]}})

    assert path.stat().st_size < 10_000
    (line,) = lines(path)
    assert str(line["arguments"]).startswith('{"a": ["yyy')


def test_is_for_owner_and_group_only(audit: FileAudit, path: Path):
    audit.note("started", {})

    assert stat.S_IMODE(path.stat().st_mode) & 0o137 == 0


def test_goes_on_in_a_new_file_when_the_old_one_is_moved_away(audit: FileAudit, path: Path):
    audit.note("started", {})
    path.rename(path.with_suffix(".1"))
    audit.note("ended", {})

    assert [line["event"] for line in lines(path)] == ["ended"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("full", "No space left on device"),
        ("symlink", "Too many levels of symbolic links"),
        ("folder", "Is a directory"),
        ("pipe", "No such device or address"),
        ("nowhere", "No such file or directory"),
    ],
)
def test_says_why_a_line_cannot_be_stored(path: Path, kind: str, reason: str):
    where = {"full": Path("/dev/full"), "nowhere": path / "x"}.get(kind, path)
    if kind == "symlink":
        path.symlink_to(path.with_name("elsewhere"))
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)

    with pytest.raises(AuditError) as caught:
        FileAudit(where, FakeClock()).note("started", {})

    assert str(caught.value) == f"{where}: {reason}"


def test_takes_back_a_line_that_does_not_fit(audit: FileAudit, path: Path):
    audit.note("started", {})
    whole = path.read_bytes()

    with files_limited_to(len(whole) + 10), pytest.raises(AuditError):
        audit.note("ended", {})

    assert path.read_bytes() == whole


def test_the_log_of_the_program_gets_the_same(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        LogAudit().note("started", {"user": FORGERY})

    (record,) = caplog.records
    assert json.loads(record.__dict__["entry"]) == {"event": "started", "user": FORGERY}
    assert "\n" not in record.__dict__["entry"]

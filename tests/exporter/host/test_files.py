from functools import partial
from pathlib import Path

import pytest

from exporter.host.files import Attempts, HostReadError, is_there, read_short_lines, read_text

MIB = 1024**2


def raising(*messages: str) -> None:
    raise HostReadError(*messages)


def test_one_reading_fails_without_the_others():
    attempts = Attempts()

    found = [attempts.read(lambda: 1), attempts.read(lambda: raising("no a")), attempts.read(lambda: 2)]

    assert found == [1, None, 2]
    with pytest.raises(HostReadError, match=r"^no a$"):
        attempts.check()


def test_says_each_failure_once():
    attempts = Attempts()
    for message in ("no a", "no b", "no a"):
        attempts.read(partial(raising, message))

    with pytest.raises(HostReadError, match=r"^no a; no b$"):
        attempts.check()


def test_has_nothing_to_say_when_nothing_failed():
    attempts = Attempts()
    attempts.read(lambda: 1)

    attempts.check()


def test_never_takes_a_part_of_a_file_for_the_whole(tmp_path: Path):
    (tmp_path / "large").write_bytes(b"x" * (4 * MIB + 1))

    with pytest.raises(HostReadError, match="more than 4 MiB"):
        read_text(tmp_path / "large")


@pytest.mark.parametrize("length", [4096, 65535, 65536, 65537, 10 * MIB])
def test_passes_over_long_lines_and_keeps_the_others(tmp_path: Path, length: int):
    path = tmp_path / "lines"
    path.write_bytes(b"first\n" + b"x" * length + b"\n" + b"y" * 4095 + b"\nlast")

    assert read_short_lines(path).split("\n") == ["first", "y" * 4095, "last"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("file", True), ("none", False), ("file/none", False), ("a\0b", False), ("loop", False)],
)
def test_what_cannot_be_seen_is_not_there(tmp_path: Path, name: str, expected: bool):  # noqa: FBT001 - a table
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")

    assert is_there(tmp_path / name) == expected


def test_reads_no_file_without_end():
    with pytest.raises(HostReadError, match="more than 256 MiB"):
        read_short_lines(Path("/dev/zero"))


def test_keeps_no_more_than_4_mib_of_short_lines(tmp_path: Path):
    (tmp_path / "lines").write_bytes(b"x\n" * (3 * MIB))

    with pytest.raises(HostReadError, match="more than 4 MiB"):
        read_short_lines(tmp_path / "lines")

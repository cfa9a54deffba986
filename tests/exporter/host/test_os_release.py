from pathlib import Path

import pytest

from exporter.host.os_release import OsRelease, parse_os_release, read_os_release

DEBIAN = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
"""


def test_reads_the_names_of_the_system():
    expected = OsRelease(id="debian", version_id="12", pretty_name="Debian GNU/Linux 12 (bookworm)")

    assert parse_os_release(DEBIAN) == expected


@pytest.mark.parametrize(
    "text", ["", "no assignment\n", 'ID="unclosed\n', "ID=\n", "#ID=x\n", "\0\n"], ids=repr
)
def test_keeps_to_the_defaults_of_the_format_where_nothing_is_said(text: str):
    assert parse_os_release(text) == OsRelease(id="linux", version_id="", pretty_name="Linux")


def test_bounds_what_it_takes_over():
    assert len(parse_os_release("ID=" + "x" * 10_000).id) == 128


def test_falls_back_to_the_vendors_file(tmp_path: Path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text("ID=alpine\n")

    assert read_os_release(tmp_path).id == "alpine"


def test_needs_no_file_at_all(tmp_path: Path):
    assert read_os_release(tmp_path) == OsRelease()

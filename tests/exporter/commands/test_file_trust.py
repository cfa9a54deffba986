import os
import pwd
from pathlib import Path

import pytest

from exporter.commands.file_trust import changeable_place

NOBODY = pwd.getpwnam("nobody")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    program = tmp_path / "opt" / "bin" / "program"
    program.parent.mkdir(parents=True, mode=0o755)
    program.touch(0o755)
    return program


def test_trusts_what_is_ours_below_a_sticky_folder(program: Path):
    program.parents[1].chmod(0o1777)

    assert changeable_place(program) is None


@pytest.mark.parametrize("path", ["/bin/sh", "/usr/bin/env", "/bin/../bin/sh", "/"])
def test_trusts_what_is_roots(path: str):
    assert changeable_place(Path(path)) is None


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o775])
@pytest.mark.parametrize("depth", [0, 1, 2], ids=["program", "folder", "above"])
def test_finds_what_others_may_write(program: Path, depth: int, mode: int):
    place = [program, *program.parents][depth]
    if mode == 0o775 and place.stat().st_gid == 0:
        if os.geteuid() != 0:
            pytest.skip("no group but root's to give")
        os.chown(place, -1, NOBODY.pw_gid)
    place.chmod(mode)

    assert changeable_place(program) == place


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o700, 0o1755])
@pytest.mark.parametrize("depth", [0, 1], ids=["program", "folder"])
def test_finds_what_belongs_to_somebody_else(program: Path, depth: int, mode: int):
    place = [program, *program.parents][depth]
    os.chown(place, NOBODY.pw_uid, -1)
    place.chmod(mode)

    assert changeable_place(program) == place
    assert changeable_place(program, run_as="nobody") is None


@pytest.mark.parametrize("target", ["opt/bin", "./opt/../opt/bin", "{absolute}"])
def test_looks_at_both_ends_of_a_link(program: Path, tmp_path: Path, target: str):
    links = tmp_path / "links"
    links.mkdir(mode=0o755)
    (tmp_path / "second").symlink_to(target.format(absolute=program.parent))
    (links / "first").symlink_to("../second")
    path = links / "first" / "program"
    assert changeable_place(path) is None

    for place in (links, program.parent, program):
        place.chmod(0o757)
        assert changeable_place(path) == place
        place.chmod(0o755)


@as_root
def test_finds_a_link_that_somebody_else_has_made(program: Path, tmp_path: Path):
    tmp_path.chmod(0o1777)
    link = tmp_path / "link"
    link.symlink_to(program)
    os.chown(link, NOBODY.pw_uid, -1, follow_symlinks=False)

    assert changeable_place(link) == link


def test_looks_above_what_is_missing(program: Path):
    missing = program.with_name("missing")
    assert changeable_place(missing) is None

    program.parent.chmod(0o777)

    assert changeable_place(missing) == program.parent


def test_finds_nothing_where_a_path_leads_nowhere(program: Path, tmp_path: Path):
    (tmp_path / "loop").symlink_to("loop")

    assert changeable_place(tmp_path / "loop") is None
    assert changeable_place(program / "below-a-file") is None
    assert changeable_place(program, run_as="no_such_user") is None

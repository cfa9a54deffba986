"""The check that no tracked file is bound to one machine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / "scripts" / "lib" / "portable.py"


@pytest.mark.skipif(shutil.which("git") is None, reason="git tells which files are tracked")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cd $root/work; see .../home/x, work/home\n", ""),
        ("cd {slash}work/main\n", "a: {slash}work\n"),
        ("HOME={slash}root\n", "a: {slash}root\n"),
        ("in {checkout}/a\n", "a: {checkout}\n"),
        ("from https://PyPI{dot}org/simple\n", "a: PyPI{dot}org\n"),
    ],
    ids=["nothing", "path", "end of line", "this checkout", "registry"],
)
def test_names_what_a_tracked_file_should_not_hold(tmp_path: Path, text: str, found: str):
    names = {"slash": "/", "dot": ".", "checkout": tmp_path}
    (tmp_path / "a").write_text(text.format(**names))
    (tmp_path / "not tracked").write_text("{slash}work".format(**names))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "a"], cwd=tmp_path, check=True)

    run = subprocess.run([sys.executable, CHECK], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (run.stdout, run.stderr) == (found.format(**names), "")
    assert run.returncode == (1 if found else 0)

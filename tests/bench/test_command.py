import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--write", "--quick"], "--write is for the whole table"),
        (["--write", "--only", "scan"], "--write is for the whole table"),
        (
            ["--only", "nothing"],
            "'nothing' is not one of 'scan', 'cost'",
        ),
        (["--fast"], "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_refuses_what_makes_no_sense(arguments: list[str], complaint: str):
    result = run(sys.executable, "-m", "bench", *arguments)

    assert (result.returncode, complaint in result.stderr) == (2, True)


@pytest.mark.parametrize("command", [["scripts/bench"], [sys.executable, "-m", "bench"]])
def test_explains_itself_without_measuring(command: list[str]):
    result = run(*command, "--help")

    assert result.returncode == 0
    assert "scripts/bench --only scan" in result.stdout


def test_measures_one_thing_and_says_what_it_comes_to():
    result = run(sys.executable, "-m", "bench", "--quick", "--only", "memory")

    assert result.returncode in (0, 1)
    assert "memory (PSS) after" in result.stdout
    assert result.stderr.startswith("marax: memory")

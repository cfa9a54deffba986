"""`marax-exporter doctor`, as the owner of a host runs it."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.exporter.confined import run_confined
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.system

COMMAND = Path(sys.executable).with_name("marax-exporter")
HIDE = "mount -t proc -o hidepid=2 proc /proc"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    path = tmp_path / "exporter.yml"
    path.write_text("listen: 127.0.0.1:0\n")
    return path


def doctor(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(COMMAND), "doctor", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


def by_check(said: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {finding["check"]: finding for finding in json.loads(said.stdout)}


def test_tells_each_check_in_a_line(config: Path):
    said = doctor(config)

    lines = [line for line in said.stdout.splitlines() if not line.startswith(" ")]
    assert {line.split()[0] for line in lines} <= {"ok", "note", "problem"}
    assert {line.split()[1] for line in lines} >= {
        *("settings", "user", "container", "processes", "scan", "descriptors", "limits", "pressure"),
        *("address", "collectors", "clock"),
    }
    assert said.returncode == any(line.startswith("problem") for line in lines)


def test_tells_it_in_json(config: Path):
    said = doctor(config, "--json")

    findings = by_check(said)
    assert findings["settings"] == {
        "check": "settings",
        "verdict": "ok",
        "says": str(config),
        "remedy": "",
    }
    assert "cpu " in findings["collectors"]["says"]


def test_a_busy_port_is_a_problem(config: Path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        busy.settimeout(PATIENCE_SECONDS)
        address = f"127.0.0.1:{busy.getsockname()[1]}"
        config.write_text(f"listen: {address}\n")
        with subprocess.Popen(
            [COMMAND, "doctor", "--json", "--config", config], stdout=subprocess.PIPE, text=True
        ) as process:
            busy.accept()[0].close()
            stdout, _ = process.communicate(timeout=PATIENCE_SECONDS)

    findings = {finding["check"]: finding for finding in json.loads(stdout)}
    assert process.returncode == 1
    assert findings["address"]["says"] == f"another program listens on {address}"


def test_mistakes_in_the_settings_are_a_problem_and_the_rest_is_looked_at(config: Path):
    config.write_text("listen: 9877\ncolectors: {}\n")

    said = doctor(config, "--json")

    findings = by_check(said)
    assert said.returncode == 1
    assert f"{config}:1: listen: found 9877" in findings["settings"]["says"]
    assert f"{config}:2: colectors" in findings["settings"]["says"]
    assert findings.keys() >= {"user", "processes", "scan", "collectors", "clock"}


def test_hidden_processes_are_a_problem_with_a_remedy(config: Path):
    said = run_confined(HIDE, COMMAND, "doctor", "--json", "--config", config, as_nobody=True)

    findings = by_check(said)
    assert said.returncode == 1
    assert findings["user"]["says"] == "running as nobody"
    assert findings["processes"]["verdict"] == "problem"
    assert "/proc is mounted with hidepid=invisible" in findings["processes"]["says"]


def test_a_proc_of_processes_only_is_a_problem_with_a_remedy(config: Path):
    said = run_confined(
        "mount -t proc -o subset=pid proc /proc", COMMAND, "doctor", "--json", "--config", config
    )

    findings = json.loads(said.stdout)
    assert said.returncode == 1
    (blind,) = [finding for finding in findings if finding["check"] == "processes"]
    assert blind["remedy"] == "`systemctl edit marax-exporter`: ProcSubset=all"
    assert any("/proc/stat" in finding["says"] for finding in findings if finding["check"] == "collectors")


@pytest.mark.parametrize("command", ["doctor", "metrics", "top", "serve"])
def test_says_that_it_needs_a_proc(config: Path, command: str):
    said = run_confined("mount -t tmpfs none /proc", COMMAND, command, "--config", config)

    assert (said.returncode, said.stdout) == (4, "")
    assert "marax-exporter needs Linux with /proc mounted, and there is no /proc here" in said.stderr


def test_a_file_that_hangs_is_a_problem_and_the_doctor_does_not_hang(config: Path):
    fifo = f"mkfifo {config}.fifo; mount --bind {config}.fifo /proc/stat"

    said = run_confined(fifo, COMMAND, "doctor", "--json", "--config", config)

    (finding,) = json.loads(said.stdout)
    assert said.returncode == 1
    assert finding["says"].startswith("reading /proc/stat does not end within 5 s")

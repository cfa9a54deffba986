"""What the scripts say and do on machines that lack something. Nothing here reaches a network."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_SECONDS

CHECKOUT = Path(__file__).parents[2]
TOOLS = [
    *("cat", "chmod", "cut", "date", "dirname", "find", "flock", "grep", "id", "ln", "mkdir", "mv", "printf"),
    *("rm", "sed", "sh", "sha256sum", "sort", "tail", "tr"),
]


@pytest.fixture
def checkout(tmp_path):
    """A fresh checkout, its scripts and nothing prepared, in a folder with a space in its name."""
    fresh = tmp_path / "fresh checkout"
    shutil.copytree(CHECKOUT / "scripts", fresh / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "requirements", fresh / "requirements")
    shutil.copy(CHECKOUT / "pyproject.toml", fresh)
    return fresh


@pytest.fixture
def machine(tmp_path):
    """A PATH with the tools that every Debian has, and no Python, apt, Prometheus or Alertmanager."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or f"/missing/{tool}")
    return folder


def has(machine: Path, program: str, body: str) -> None:
    """Give *machine* a *program* that is the shell script *body*."""
    (machine / program).write_text(f"#!/bin/sh\n{body}\n")
    (machine / program).chmod(0o755)


def run(checkout: Path, machine: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("/bin/sh", *command),
        cwd=checkout,
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def ready_servers(checkout: Path, machine: Path) -> subprocess.CompletedProcess[str]:
    return run(
        checkout, machine, "-euc", ". scripts/lib/ready.sh; open_cache; ready_servers; command -v prometheus"
    )


@pytest.mark.parametrize("script", ["scripts/demo", "scripts/test"])
def test_help_begins_with_examples_and_prepares_nothing(script, checkout, machine):
    result = run(checkout, machine, script, "--help")

    assert result.returncode == 0
    assert result.stdout.startswith(f"Examples:\n  {script} ")
    assert not (checkout / ".cache").exists()


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (("scripts/demo", "--twice"), "marax: unknown: --twice"),
        (("scripts/demo", "--once", "more"), "marax: unknown: --once more"),
        (("scripts/test", "lint", "tpyes"), "marax: there is no check named tpyes"),
    ],
)
def test_wrong_use_is_told_and_prepares_nothing(command, complaint, checkout, machine):
    result = run(checkout, machine, *command)

    assert result.returncode == 2
    assert complaint in result.stderr
    assert not (checkout / ".cache").exists()


@pytest.mark.parametrize("python", [None, "exit 1"], ids=["none", "an old one"])
def test_without_a_new_enough_python_the_next_step_is_told(python, checkout, machine):
    if python:
        has(machine, "python3", python)

    result = run(checkout, machine, "scripts/demo", "--once")

    assert result.returncode == 1
    assert "no Python 3.11 or later on the PATH" in result.stderr
    assert "next: on Debian 12, as root: apt-get install python3" in result.stderr


def test_a_python_without_pip_where_debian_has_none_either_is_told(checkout, machine):
    has(machine, "python3", 'case "$*" in -c*) ;; --version) echo Python 3.11.2 ;; *) exit 1 ;; esac')

    result = run(checkout, machine, "scripts/demo", "--once")

    assert result.returncode == 1
    assert "this machine has no apt-get to fetch python3-pip-whl with" in result.stderr
    assert "next: install python3-venv" in result.stderr


def test_servers_of_the_machine_are_used_as_they_are(checkout, machine):
    for name in ("prometheus", "prometheus-alertmanager"):
        has(machine, name, f"echo '{name.removeprefix('prometheus-')}, version 9.8.7 (branch: none)'")
    for name in ("promtool", "amtool"):
        has(machine, name, "exit 0")

    result = ready_servers(checkout, machine)

    assert "with prometheus 9.8.7 and alertmanager 9.8.7" in result.stdout
    assert result.stdout.splitlines()[-1] == str(machine / "prometheus")
    assert result.returncode == 0


def test_a_server_that_does_not_run_is_named(checkout, machine):
    for name in ("prometheus", "alertmanager", "promtool", "amtool"):
        has(machine, name, "echo Exec format error; exit 126")

    result = ready_servers(checkout, machine)

    assert result.returncode == 1
    assert f"{machine / 'prometheus'} does not run on this machine" in result.stderr


def test_without_apt_the_next_step_is_told(checkout, machine):
    result = ready_servers(checkout, machine)

    assert result.returncode == 1
    assert "no apt-get to fetch prometheus prometheus-alertmanager with" in result.stderr
    assert "next: put prometheus, alertmanager, promtool and amtool on the PATH" in result.stderr


def test_without_network_what_apt_says_and_the_next_step_are_told(checkout, machine):
    has(machine, "apt-get", "echo E: Could not resolve the mirror; exit 100")
    has(machine, "apt-cache", "exit 0")
    has(machine, "dpkg", "exit 0")

    result = ready_servers(checkout, machine)

    assert result.returncode == 1
    assert "    E: Could not resolve the mirror" in result.stderr
    assert "next: see that this machine reaches its Debian mirror" in result.stderr
    assert not (checkout / ".cache" / "debian" / "servers").exists()


def test_a_failed_download_is_tried_again_by_the_next_run(checkout, machine):
    has(machine, "apt-get", "exit 100")
    has(machine, "apt-cache", "exit 0")
    has(machine, "dpkg", "exit 0")
    ready_servers(checkout, machine)
    asked = checkout / "asked"
    has(machine, "apt-get", f'echo "$*" >>"{asked}"; exit 100')

    ready_servers(checkout, machine)

    assert "download prometheus prometheus-alertmanager" in asked.read_text()


def test_apt_is_kept_to_folders_below_the_cache(checkout, machine):
    settings = checkout / ".cache" / "debian" / "apt.conf"
    has(machine, "apt-get", f'case "$*" in "-c {settings} "*) exit 100 ;; *) echo stray call ;; esac')
    has(machine, "apt-cache", "exit 0")
    has(machine, "dpkg", "exit 0")

    result = ready_servers(checkout, machine)

    written = [line.split('"')[1] for line in settings.read_text().splitlines() if line.startswith("Dir")]
    assert "stray call" not in result.stderr
    assert len(written) == 4
    assert all(path.startswith(f"{checkout}/.cache/debian/") for path in written)

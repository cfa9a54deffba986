"""The shipped files: as values, laid out as on a machine, and in the hands of the programs that read them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from marax.settings.durations import Seconds

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULE_FILES = sorted(DEPLOY.glob("rules/*.yml"))

# `#scheme: https`, `#- name: smtp`, `#  email_configs:` are settings; prose has one space behind its `#`
_COMMENTED_SETTING = re.compile(r"^( *)#(?=[a-z-]|  )", re.MULTILINE)


def setting(name: str) -> Any:
    """Return what the YAML file *name* of deploy/ holds."""
    return yaml.safe_load((DEPLOY / name).read_text())


def rules() -> dict[str, dict[str, Any]]:
    """Return every alerting rule by its name."""
    groups = [group for file in RULE_FILES for group in yaml.safe_load(file.read_text())["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def seconds(duration: str) -> float:
    """Return the length of a duration in Prometheus' notation."""
    return Seconds.from_setting(duration)


def lay_out(root: Path) -> Path:
    """Copy the shipped files to where they belong, *root* in the place of /; return etc/prometheus."""
    etc = root / "etc"
    shutil.copytree(DEPLOY / "rules", etc / "prometheus/rules")
    for name in ("prometheus.yml", "alertmanager.yml"):
        (etc / "prometheus" / name).write_text((DEPLOY / name).read_text().replace("/etc/", f"{etc}/"))
    (etc / "marax").mkdir()
    (etc / "marax/webhook.token").write_text("a-token\n")
    return etc / "prometheus"


def uncomment(file: Path) -> None:
    """Make every setting that *file* offers in a comment a setting."""
    text, count = _COMMENTED_SETTING.subn(r"\1", file.read_text())
    assert count
    file.write_text(text)


def program(*names: str) -> str:
    """Return the path of a program by one of its *names*; fail the test without it."""
    paths = [path for path in map(shutil.which, names) if path is not None]
    if not paths:
        pytest.fail(f"{' or '.join(names)} is not on PATH: run scripts/test, which fetches it")
    return paths[0]


def run(name: str, *arguments: str | Path, cwd: Path = ROOT) -> str:
    """Run a program and return what it printed; fail the test with it when it does not exit with 0."""
    ended = subprocess.run(
        [program(name), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode == 0, f"{name} {' '.join(map(str, arguments))}\n{printed}"
    return printed

"""The walls of the house, tried: a wrong import in any room is refused by what `scripts/test layers` runs."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = ("exporter", "alertbridge", "marax")
GUARDED = ("flask", "psutil", "requests", "sqlalchemy", "subprocess")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return a copy of the house, to break things in."""
    for package in PACKAGES:
        shutil.copytree(HOUSE / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE / "pyproject.toml", tmp_path)
    return tmp_path


def what_is_refused(house: Path) -> str:
    """Return what lint-imports prints of *house*; empty when it finds nothing wrong."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    wide = os.environ | {"COLUMNS": "1000"}  # it cuts its lines to the terminal's width
    checked = subprocess.run(command, cwd=house, env=wide, capture_output=True, text=True, check=False)
    return checked.stdout + checked.stderr if checked.returncode else ""


def rooms_of(house: Path) -> list[str]:
    """Return the dotted names of all folders that hold code."""
    folders = (path.parent for package in PACKAGES for path in (house / package).rglob("__init__.py"))
    return [".".join(folder.relative_to(house).parts) for folder in folders]


def may_import(room: str, library: str) -> bool:
    contracts = tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    allowed = [
        importer
        for contract in contracts
        if library in contract.get("protected_modules", ())
        for importer in contract["allowed_importers"]
    ]
    assert allowed, f"no contract says who may import {library}"
    return any(f"{room}.".startswith(f"{importer}.") for importer in allowed)


def test_each_room_may_import_only_the_libraries_that_name_it(house):
    trials = [(room, library) for room in rooms_of(house) for library in GUARDED]
    for room, library in trials:
        (house / room.replace(".", "/") / f"trial_{library}.py").write_text(f"import {library}\n")

    said = what_is_refused(house)

    refused = {(room, library) for room, library in trials if f"{room}.trial_{library} -> {library}" in said}
    assert refused == {(room, library) for room, library in trials if not may_import(room, library)}
    assert len({room for room, _ in refused}) == len(rooms_of(house))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("alertbridge/alerts/trial.py", "import alertbridge.outbox.outbox"),
        ("alertbridge/outbox/trial.py", "import alertbridge.wiring"),
        ("exporter/host/trial.py", "import exporter.web.app"),
        ("exporter/web/trial.py", "import alertbridge.http_get"),
        ("marax/trial.py", "import exporter.config"),
        ("alertbridge/trial.py", ""),
    ],
)
def test_nobody_imports_what_stands_above_them_and_no_module_stands_loose(house, module, line):
    (house / module).write_text(f"{line}\n")

    said = what_is_refused(house)

    assert module.removesuffix(".py").replace("/", ".") in said

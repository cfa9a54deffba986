"""The rules of the house that no linter knows."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = ("exporter", "alertbridge", "marax")
MODULES = sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py"))
CATCHERS_OF_EVERYTHING = {
    "alertbridge/background/periodic.py": "a background task's run",
    "exporter/scrape/collector_runner.py": "a collector's turn",
    "alertbridge/delivery/courier.py": "the courier's turn, and the mailer's within it",
    "alertbridge/composing/composer.py": "a template; the mail goes out in its plainest form",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_holds_one_subject(path):
    assert len(path.read_text().splitlines()) <= 250


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_everything_is_caught_only_where_that_is_meant(path):
    handlers = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ExceptHandler)]
    catches_all = any(
        handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id == "Exception")
        for handler in handlers
        if not any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    )

    assert catches_all == (name_of(path) in CATCHERS_OF_EVERYTHING)

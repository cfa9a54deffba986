"""The rules of the house that no linter knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[1]
PACKAGES = ("exporter", "alertbridge", "marax")
EVERYTHING = {"Exception", "BaseException"}
CATCHERS_OF_EVERYTHING = {
    "alertbridge/background/periodic.py": "a background task's run",
    "exporter/scrape/collector_runner.py": "a collector's turn",
    "alertbridge/delivery/courier.py": "the courier's turn, and the mailer's within it",
    "alertbridge/composing/composer.py": "a template; the mail goes out in its plainest form",
    "alertbridge/delivery/deadline.py": "any error of a call goes to the thread that waits for the call",
    "marax/threads.py": "any error of a call goes to whoever waits for its future",
}


def modules() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each module of the house."""
    for path in sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py")):
        yield str(path.relative_to(HOUSE)), path.read_text()


def keeps_everything(handler: ast.ExceptHandler) -> bool:
    """Whether *handler* catches all errors and does not raise them again."""
    caught = EVERYTHING
    if handler.type is not None:
        caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    raises_again = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    return bool(caught & EVERYTHING) and not raises_again


def test_a_module_holds_one_subject():
    lines = {name: len(text.splitlines()) for name, text in modules()}

    assert {name: count for name, count in lines.items() if count > 250} == {}


def test_everything_is_caught_only_where_that_is_meant():
    handlers = [
        (name, node)
        for name, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler)
    ]

    assert {name for name, handler in handlers if keeps_everything(handler)} == set(CATCHERS_OF_EVERYTHING)

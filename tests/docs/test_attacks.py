"""docs/attacks.md and the tests that try its rows."""

import ast
from collections.abc import Iterator

from tests.docs.pages import DOCS, ROOT, Page


def rows_marked_in(module: ast.Module) -> Iterator[int]:
    """Yield the N of every `@pytest.mark.attack(N)`."""
    for function in (node for node in module.body if isinstance(node, ast.FunctionDef)):
        for mark in function.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.attack":
                yield from (ast.literal_eval(argument) for argument in mark.args)


def test_every_attack_is_tried_unless_there_is_nothing_to_try():
    attempts = {int(row): attempt for row, attempt in Page(DOCS / "attacks.md").rows("row")}
    to_be_tried = {row for row, attempt in attempts.items() if not attempt.startswith("No test:")}

    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    tried = {row for text in texts if "mark.attack(" in text for row in rows_marked_in(ast.parse(text))}

    assert list(attempts) == list(range(1, 68))
    assert tried == to_be_tried

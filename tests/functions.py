"""For tables that name the tests which prove each row: what there is to be named."""

import ast
from pathlib import Path


def functions_in(path: Path) -> set[str]:
    """Return the functions of the module at *path*, not those within classes."""
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def names_of_tests_in(path: Path) -> set[str]:
    """Return those of them that pytest runs."""
    return {name for name in functions_in(path) if name.startswith("test_")}

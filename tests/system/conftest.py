"""Stacks of real parts for the system tests; every process of theirs ends with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from scripts.stack.stack import Plan, Stack


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[Callable[[Plan], Stack]]:
    """Return a function that starts a stack as planned, and returns it once it is ready."""
    numbers = count(1)
    with ExitStack() as stacks:

        def start(plan: Plan) -> Stack:
            stack = stacks.enter_context(Stack(tmp_path / f"stack-{next(numbers)}", plan))
            stack.start()
            return stack

        yield start

"""The one way in which tests wait for what another thread or process does."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0  # a busy machine takes its time; only a test that fails waits so long


def wait_until(
    condition: Callable[[], object],
    what: str | Callable[[], str] = "it holds",
    *,
    within_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Return once *condition* is true; fail with *what* when it does not become so.

    Pass a function as *what* to say how things stand then, such as the log of a program.
    """
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            awaited = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {within_seconds:g} s in vain until {awaited}")
        time.sleep(0.02)

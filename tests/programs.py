"""Programs of others that a test starts, and that a machine may lack."""

import shutil

import pytest


def program_or_skip(name: str) -> str:
    """Return the path of the program; skips the test without it, which `scripts/test` never is."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not on the PATH; scripts/test fetches promtool and its like")
    return path

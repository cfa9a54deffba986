"""Programs of others that a test starts."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import wait_until


def program_or_skip(name: str) -> str:
    """Return the path of the program; skips the test without it, which `scripts/test` never is."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not on the PATH; scripts/test fetches promtool and its like")
    return path


@contextmanager
def asleep(program: bytes | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run `sleep 60`, from the file *program* if one is given, and kill it afterwards.

    A process bears the name and the arguments of its program only some time after it was started.
    """
    with subprocess.Popen(["sleep", "60"], executable=program) as process:
        try:
            wait_until(lambda: Path(f"/proc/{process.pid}/cmdline").read_bytes() == b"sleep\x0060\x00")
            yield process
        finally:
            process.kill()

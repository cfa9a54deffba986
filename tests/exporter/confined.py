"""Commands in a mount namespace of their own, where tests may mount what they like over /proc."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_SECONDS

NOBODY = "65534"


def confined(script: str, *argv: object, as_nobody: bool = False) -> list[str]:
    """Return the command line that runs *script* in a shell and then *argv*; skips where that may not be."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("a private mount namespace takes root and unshare(1)")
    if as_nobody and not shutil.which("setpriv"):
        pytest.skip("becoming nobody takes setpriv(1)")
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"] if as_nobody else []
    shell = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", f'{script}\nexec "$@"', "sh"]
    return [*shell, *drop, *map(str, argv)]


def run_confined(script: str, *argv: object, as_nobody: bool = False) -> subprocess.CompletedProcess[str]:
    """Run it, and return what came of it; skips if *script* is not allowed here either."""
    command = confined(script, *argv, as_nobody=as_nobody)
    said = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS, cwd=Path("/")
    )
    if "mount:" in said.stderr:
        pytest.skip(f"this machine does not let us mount: {said.stderr.strip()}")
    if "setpriv:" in said.stderr:
        pytest.skip(f"nobody may not run what is tested: {said.stderr.strip()}")
    return said

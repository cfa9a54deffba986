"""No text in a settings file, however odd, holds a program up: a pattern once froze it at a reload."""

import subprocess
import sys

_BOUND_SECONDS = 120  # a hundred times what it takes; what is not linear takes hours


def test_no_kind_of_value_takes_long_to_refuse_what_almost_fits():
    tried = subprocess.Popen(
        [sys.executable, "-m", "tests.marax.settings.adversary"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = tried.communicate(timeout=_BOUND_SECONDS)
    except subprocess.TimeoutExpired:
        tried.kill()
        said, _ = tried.communicate()

    assert tried.returncode == 0, said[-2000:]
    assert {"BaseUrl", "Sender", "HttpUrl", "PasswordHash", "Element"} <= set(_names(said))


def _names(said: str) -> list[str]:
    return [line.rpartition(".")[2].rstrip("'>") for line in said.splitlines()]

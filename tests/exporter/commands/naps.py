"""Sleeps that can be told from all others, and who is still having one."""

import itertools
import os
import time
from collections.abc import Callable

import psutil

_numbers = itertools.count()


def new_nap() -> str:
    """Return a number of seconds, about three hours, that no other process sleeps for."""
    return f"10000.{os.getpid():07}{next(_numbers):04}"


def nappers(nap: str) -> list[str]:
    """Return the command lines with *nap* in them: sleeps, shells and supervisors alike."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(nap in word for word in words):
            found.append(" ".join(words))
    return found


def wait_for_nap(nap: str) -> None:
    """Return once somebody sleeps."""
    wait_until(lambda: any(line in (f"sleep {nap}", f"/bin/sleep {nap}") for line in nappers(nap)))


def gone_within(nap: str, seconds: float) -> bool:
    """Return whether nobody is left after *seconds* at the latest."""
    deadline = time.monotonic() + seconds
    while nappers(nap):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def wait_until(holds: Callable[[], bool]) -> None:
    """Return once it holds; in vain after 20 s."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)

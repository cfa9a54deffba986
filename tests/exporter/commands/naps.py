"""Sleeps that can be told from all others, and who is still having one."""

import itertools
import os

import psutil

from tests.waiting import wait_until

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
    sleeps = (f"sleep {nap}", f"/bin/sleep {nap}")
    wait_until(lambda: any(line in sleeps for line in nappers(nap)), "somebody sleeps")


def wait_until_gone(nap: str) -> None:
    """Return once nobody is left; left alone they would sleep for hours."""
    wait_until(lambda: not nappers(nap), lambda: f"these are gone: {nappers(nap)}")

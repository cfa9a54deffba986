"""A storm of processes, each under a name of its own: `python -m bench.fork_storm`, until it is ended.

Hundreds a second that are gone at once, and some that live long enough, and use enough CPU, to be worth
showing each on its own: over 1 % of the host's CPU time each, all of them together less than half of it.
"""

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

_LASTING = 24
_LASTING_SECONDS = 12.0
_LASTING_SHARE = 0.015  # of the host
_PAUSE_SECONDS = 0.003
_TURN_SECONDS = 0.1


def main() -> None:
    """Storm."""
    lasting: set[int] = set()
    for number in itertools.count():
        if len(lasting) < _LASTING:
            lasting.add(_fork(f"lasting-{number}", lasting_seconds=_LASTING_SECONDS + number % 4))
        _fork(f"passing-{number}", lasting_seconds=0.0)
        time.sleep(_PAUSE_SECONDS)
        lasting -= set(_ended())


def _fork(name: str, *, lasting_seconds: float) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            Path("/proc/self/comm").write_text(name)
            _work(lasting_seconds)
        finally:
            os._exit(0)
    return pid


def _work(seconds: float) -> None:
    """Use a share of the host's CPU time for so many seconds; at most one CPU."""
    busy_seconds = min(_TURN_SECONDS, _TURN_SECONDS * _LASTING_SHARE * (os.cpu_count() or 1))
    end = time.monotonic() + seconds
    while (turn := time.monotonic()) < end:
        while time.monotonic() - turn < busy_seconds:
            pass
        time.sleep(_TURN_SECONDS - busy_seconds)


def _ended() -> Iterator[int]:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid


if __name__ == "__main__":
    main()

"""Forks as many idle processes as its argument says, says so, and ends with them when its input does.

Runs by itself, with as few modules as can be, so that a process of the crowd is small.
"""

import os
import sys


def main() -> None:
    """Be the crowd."""
    wanted = int(sys.argv[1])
    pids = []
    for _ in range(wanted):
        pid = os.fork()
        if pid == 0:
            _wait_for_the_end()
            os._exit(0)
        pids.append(pid)
    os.write(1, b"%d\n" % len(pids))
    _wait_for_the_end()
    for pid in pids:
        os.waitpid(pid, 0)


def _wait_for_the_end() -> None:
    while os.read(0, 1):  # nobody writes: this ends when whoever could has gone
        pass


main()

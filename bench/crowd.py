"""A crowd of idle processes, for exporters to find."""

import os
import signal
import sys
import time
from pathlib import Path

from bench.child import Child

_PROGRAM = str(Path(__file__).with_name("idlers.py"))
_SETTLING_SECONDS = 0.3


class Crowd(Child):
    """So many idle processes, in one group; they end with it, and with the bench however that ends.

    Raises:
        BenchError: They cannot be started.
    """

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the crowd of {size:,} processes", (sys.executable, "-I", "-S", _PROGRAM, str(size))
        )
        try:
            self.size = int(self.answer())
        except BaseException:
            self.end()
            raise

    def wake(self) -> None:
        """Have each of the processes run for a moment."""
        for number in (signal.SIGSTOP, signal.SIGCONT):
            os.killpg(self.pid, number)
            time.sleep(_SETTLING_SECONDS)

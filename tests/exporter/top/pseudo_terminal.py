"""A program on a terminal of its own, as a person sits before it."""

import fcntl
import os
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from tests.waiting import PATIENCE_SECONDS, wait_until

_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class PseudoTerminal:
    """Runs a command in a `with` block; it is killed at the end if it still runs."""

    def __init__(self, *argv: object, columns: int = 80, lines: int = 24, term: str = "xterm") -> None:
        self._keyboard, self._line = os.openpty()
        self.resize(columns=columns, lines=lines)
        self.modes_before = self.modes()
        self._output = bytearray()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *map(str, argv)],  # Ctrl-C reaches those of the controlling terminal only
            stdin=self._line,
            stdout=self._line,
            stderr=self._line,
            env=os.environ | {"TERM": term},
        )
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for descriptor in {self._line, self._keyboard} - {-1}:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        """All that was ever written to the terminal."""
        return self._output.decode(errors="replace")

    @property
    def picture(self) -> list[str]:
        """The lines of the last whole picture that was drawn from the upper left corner."""
        whole = self.output.rpartition("\x1b[J")[0]
        plain = _CONTROL_SEQUENCE.sub("", whole.rpartition("\x1b[H")[2])
        return [line.rstrip("\r") for line in plain.split("\n")]

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._line)

    def resize(self, *, columns: int, lines: int) -> None:
        fcntl.ioctl(self._keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def until(self, reached: Callable[[], object]) -> None:
        wait_until(reached, lambda: f"the terminal shows it; it shows: {self.output[-2000:]}")

    def tell(self, number: int) -> None:
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, as the end of an ssh connection does."""
        os.close(self._line)
        os.close(self._keyboard)
        self._line = self._keyboard = -1

    def wait(self) -> int:
        """Return what the program ends with."""
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> None:
        while True:
            try:
                self._output += os.read(self._keyboard, 65536)
            except OSError:
                return

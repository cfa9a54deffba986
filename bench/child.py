"""A process of the bench that takes orders: a line in, a line out, and it ends when its input does."""

import select
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

_ORDER_SECONDS = 60.0
_END_SECONDS = 20.0


class BenchError(Exception):
    """Something could not be measured; the message says what, and what to do."""


class Child:
    """The process *argv*, in a group of its own.

    It reads orders from a pipe that nobody else writes to: however the bench ends, its input ends, too.
    """

    def __init__(self, name: str, argv: Sequence[str]) -> None:
        self._name = name
        self._process = subprocess.Popen(  # noqa: S603 - the bench's own programs
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """The process, which leads its group."""
        return self._process.pid

    def order(self, line: str) -> str:
        """Return the line that the child answers to *line*.

        Raises:
            BenchError: It does not answer.
        """
        if self._process.stdin is None:
            raise RuntimeError("started with a pipe")
        try:
            self._process.stdin.write(line + "\n")
        except BrokenPipeError as error:
            raise BenchError(f"{self._name} has ended") from error
        return self.answer()

    def answer(self) -> str:
        """Return the next line that the child says.

        Raises:
            BenchError: It says nothing for a minute, or has ended.
        """
        said = self._process.stdout
        if said is None:
            raise RuntimeError("started with a pipe")
        waiting = select.poll()
        waiting.register(said, select.POLLIN)
        line = said.readline() if waiting.poll(_ORDER_SECONDS * 1000) else ""
        if not line:
            raise BenchError(f"{self._name} does not answer")
        return line.strip()

    def end(self) -> None:
        """End the process, by force if it does not heed the end of its input."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # an order that it did not live to read
                self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

"""A terminal as a screen of our own, given back as it was."""

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

END = "end"
_ALTERNATE_SCREEN, _NORMAL_SCREEN = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"
_HOME, _CLEAR_LINE_AND_NEXT, _CLEAR_BELOW = b"\x1b[H", b"\x1b[K\r\n", b"\x1b[K\x1b[J"
_ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
_HEEDED = _ENDING | {signal.SIGTSTP, signal.SIGWINCH}


def is_terminal() -> bool:
    """Return whether a person sits at both ends of this program, and their terminal can be drawn on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Screen:
    """What `screen` gives to draw on."""

    def __init__(self, signals: int) -> None:
        self._signals = signals
        self._keys = sys.stdin.fileno()
        self._picture = sys.stdout.fileno()
        self._modes: list[Any] = []

    def size(self) -> os.terminal_size:
        """Return its columns and lines."""
        with suppress(OSError):
            return os.get_terminal_size(self._picture)
        return os.terminal_size((80, 24))

    def show(self, lines: Sequence[str]) -> None:
        """Draw *lines*, which fit on the screen, in place of what it shows."""
        drawn = [line.encode(sys.stdout.encoding, "replace") for line in lines]
        self._write(_HOME + _CLEAR_LINE_AND_NEXT.join(drawn) + _CLEAR_BELOW)

    def key(self, *, within_seconds: float) -> str:
        """Return the next key; END when told to end; nothing after that time, or when to draw anew."""
        events = select.poll()
        for source in (self._keys, self._signals):
            events.register(source, select.POLLIN)
        ready = [source for source, _ in events.poll(within_seconds * 1000)]
        if self._signals in ready:
            return self._heed(set(os.read(self._signals, 64)))
        if self._keys in ready:
            with suppress(OSError):
                return os.read(self._keys, 64)[:1].decode("ascii", "replace") or END
            return END  # the terminal is gone
        return ""

    def enter(self) -> None:
        self._modes = termios.tcgetattr(self._keys)
        tty.setcbreak(self._keys)
        self._write(_ALTERNATE_SCREEN)

    def leave(self) -> None:
        self._write(_NORMAL_SCREEN)
        with suppress(termios.error):
            termios.tcsetattr(self._keys, termios.TCSADRAIN, self._modes)

    def _heed(self, numbers: set[int]) -> str:
        if numbers & _ENDING:
            return END
        if signal.SIGTSTP in numbers:
            self.leave()
            os.kill(os.getpid(), signal.SIGSTOP)
            self.enter()
        return ""

    def _write(self, picture: bytes) -> None:
        with suppress(OSError):  # a terminal that is gone says so to `key`
            while picture:
                picture = picture[os.write(self._picture, picture) :]


@contextmanager
def screen() -> Iterator[Screen]:
    """Give the terminal of this program as a screen, and give it back however the `with` block ends.

    Until then signals that end a program are heeded by `Screen.key` alone. For the main thread.
    """
    with _signals() as signals:
        ours = Screen(signals)
        ours.enter()
        try:
            yield ours
        finally:
            ours.leave()


@contextmanager
def _signals() -> Iterator[int]:
    """Give a descriptor from which the numbers of the signals that arrive can be read."""
    noted, note = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    wakeup_before = signal.set_wakeup_fd(note)
    before = {number: signal.signal(number, lambda *_: None) for number in _HEEDED}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup_before)
        os.close(noted)
        os.close(note)

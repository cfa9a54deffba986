"""Where couriers wait for news."""

import threading


class Wakeup:
    """Lets threads rest: one of them for so many seconds at most, the others until they are called.

    So one looks for what has become due, and calls another when there is more than it can do.
    """

    def __init__(self, *, longest_wait_seconds: float) -> None:
        self._longest_wait_seconds = longest_wait_seconds
        self._news = threading.Condition()
        self._has_lookout = False
        self._is_called = False
        self._is_closed = False

    def wait(self) -> None:
        """Wait to be called; returns at once after a call that nobody heard, and when the room is closed."""
        with self._news:
            if not self._is_called and not self._is_closed:
                is_lookout = not self._has_lookout
                self._has_lookout = True
                self._news.wait(self._longest_wait_seconds if is_lookout else None)
                if is_lookout:
                    self._has_lookout = False
            self._is_called = False

    def notify(self) -> None:
        """Let one thread go: one that rests, or else the next that comes to rest."""
        with self._news:
            self._is_called = True
            self._news.notify()

    def close(self) -> None:
        """Let all go, for good."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()

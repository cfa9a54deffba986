"""How couriers wait until there is something to send."""

import threading


class Wakeup:
    """Lets threads wait: one of them for so many seconds at most, the others until they are notified.

    So one polls for what has become due, and notifies another when there is more than it can do.
    """

    def __init__(self, *, longest_wait_seconds: float) -> None:
        self._longest_wait_seconds = longest_wait_seconds
        self._condition = threading.Condition()
        self._is_polled = False
        self._is_notified = False
        self._is_closed = False

    def wait(self) -> None:
        """Wait to be notified; returns at once after a notice that nobody waited for, and once closed."""
        with self._condition:
            if not self._is_notified and not self._is_closed:
                is_poller = not self._is_polled
                self._is_polled = True
                self._condition.wait(self._longest_wait_seconds if is_poller else None)
                if is_poller:
                    self._is_polled = False
            self._is_notified = False

    def notify(self) -> None:
        """Let one thread go: one that waits, or else the next that comes to wait."""
        with self._condition:
            self._is_notified = True
            self._condition.notify()

    def close(self) -> None:
        """Let all go, for good."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

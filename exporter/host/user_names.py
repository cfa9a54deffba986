"""Names of users, which may come from a directory server that is slow, silent, or worse."""

import pwd
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError

from marax.clock import Clock
from marax.threads import DaemonThreads

_KEPT_SECONDS = 300.0
_MOST_USERS = 1024
_LONGEST_NAME = 256
_PATIENCE_SECONDS = 0.25  # files and most caches answer in a thousandth of a second
_SLOW_SECONDS = 0.01
_NO_PATIENCE_SECONDS = 60.0


def user_name(uid: int) -> str:
    """Return the name of user *uid* as the C library knows it, or nothing; this may take any time."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError, OSError, ValueError):
        return ""


class UserNames:
    """Names of users, asked for on a thread of its own, each at most every 5 minutes.

    Nobody waits for an answer for longer than 0.25 s, and after one that took longer than 10 ms nobody waits
    at all for a minute: until it comes, the user's number, or the name from before, has to do. An answer
    that is no name, or an error, leaves the number. For any number of threads.
    """

    def __init__(self, clock: Clock, *, look_up: Callable[[int], str] = user_name) -> None:
        self._clock = clock
        self._look_up = look_up
        self._thread = DaemonThreads(1, name="user-names")
        self._lock = threading.Lock()
        self._known: dict[int, tuple[float, str]] = {}
        self._asked: dict[int, Future[str]] = {}
        self._impatient_until_seconds = 0.0

    def name(self, uid: int) -> str | None:
        """Return the name of user *uid*, its number if it has none; None as long as that is not known."""
        now_seconds = self._clock.monotonic_seconds()
        with self._lock:
            told_seconds, name = self._known.get(uid, (None, None))
            if told_seconds is not None and now_seconds - told_seconds < _KEPT_SECONDS:
                return name
            may_wait = not self._asked and now_seconds >= self._impatient_until_seconds
            answer = self._ask(uid) if uid not in self._asked else None
        if answer is not None and may_wait:
            self._wait(answer)
            _, name = self._known.get(uid, (None, name))
        return name

    def _ask(self, uid: int) -> Future[str] | None:
        if len(self._asked) >= _MOST_USERS:
            return None
        answer = self._asked[uid] = self._thread.submit(self._answer, uid)
        return answer

    def _answer(self, uid: int) -> str:
        name = ""
        try:
            name = self._look_up(uid)
        finally:
            with self._lock:
                if len(self._known) >= _MOST_USERS:
                    self._known.clear()
                shown = name if _is_name(name) else str(uid)
                self._known[uid] = self._clock.monotonic_seconds(), shown
                del self._asked[uid]
        return name

    def _wait(self, answer: Future[str]) -> None:
        began_seconds = self._clock.monotonic_seconds()
        try:
            answer.exception(_PATIENCE_SECONDS)
            is_slow = self._clock.monotonic_seconds() - began_seconds > _SLOW_SECONDS
        except NotYetError:
            is_slow = True
        if is_slow:
            self._impatient_until_seconds = self._clock.monotonic_seconds() + _NO_PATIENCE_SECONDS


def _is_name(text: str) -> bool:
    """Return whether *text* can be shown as a name: not a number, which would be taken for another user's."""
    return 0 < len(text) <= _LONGEST_NAME and text.isprintable() and not text.isdecimal()

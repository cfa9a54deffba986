"""Slowing down those who guess passwords, without locking out those who know them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from marax.clock import Clock
from marax.neighbourhood import neighbourhood

_LONGEST_SECONDS = 900.0
_LONGEST_KNOWN_SECONDS = 30.0
_MOST_DOUBLINGS = 10
_FREE_FAILURES = 10
_FORGOTTEN_SECONDS = 3600.0
_MOST_ACCOUNTS = 12_000
_MOST_KNOWN = 4_000

_Key = tuple[str, ...]
_Value = TypeVar("_Value")


class Throttle:
    """Says how long the next attempt of a user name from an address has to wait.

    Only failures count, each for the pair, for the address and for the name: from the first one of a pair,
    and from the eleventh of an address or a name, the wait doubles from 1 s to 15 min. An hour without
    failures clears the account.

    A pair that has logged in before answers for its own failures only, with 30 s at most: what others do
    to its name, or from its address, cannot keep it out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts: _Recent[_Account] = _Recent(_MOST_ACCOUNTS)
        self._known: _Recent[None] = _Recent(_MOST_KNOWN)

    def wait_seconds(self, name: str, address: str) -> float:
        """Return how long this pair has to wait before its next attempt; 0 when it may try now."""
        now_seconds = self._clock.monotonic_seconds()
        with self._lock:
            accounts = [self._accounts.get(key) for key in self._keys(name, address)]
        return max([0.0, *(account.free_at_seconds - now_seconds for account in accounts if account)])

    def note_failure(self, name: str, address: str) -> None:
        """Count a failure of this pair."""
        now_seconds = self._clock.monotonic_seconds()
        with self._lock:
            pair, *others = self._keys(name, address)
            longest_seconds = _LONGEST_SECONDS if others else _LONGEST_KNOWN_SECONDS
            self._charge(pair, now_seconds, free=0, longest_seconds=longest_seconds)
            for key in others:
                self._charge(key, now_seconds, free=_FREE_FAILURES, longest_seconds=longest_seconds)

    def note_success(self, name: str, address: str) -> None:
        """Remember that this pair knows the password.

        Its address and name keep their accounts, or whoever has one login could guess at another for ever.
        """
        with self._lock:
            pair, *_ = self._keys(name, address)
            self._known.put(pair, None)
            self._accounts.drop(pair)

    def _keys(self, name: str, address: str) -> list[_Key]:
        around = neighbourhood(address)
        pair = ("pair", name, around)
        return [pair] if pair in self._known else [pair, ("address", around), ("name", name)]

    def _charge(self, key: _Key, now_seconds: float, *, free: int, longest_seconds: float) -> None:
        account = self._accounts.get(key)
        is_fresh = account is not None and now_seconds - account.last_seconds <= _FORGOTTEN_SECONDS
        failures = account.failures + 1 if account and is_fresh else 1
        wait_seconds = min(longest_seconds, backoff_seconds(failures - free))
        self._accounts.put(
            key,
            _Account(failures=failures, last_seconds=now_seconds, free_at_seconds=now_seconds + wait_seconds),
        )


def backoff_seconds(failures: int) -> float:
    """Return how long to wait after so many failures; 0 after none."""
    return 2.0 ** min(failures - 1, _MOST_DOUBLINGS) if failures > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    failures: int
    last_seconds: float
    free_at_seconds: float


class _Recent(Generic[_Value]):
    """The *most* entries that were used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[_Key, _Value] = OrderedDict()

    def __contains__(self, key: _Key) -> bool:
        return key in self._entries

    def get(self, key: _Key) -> _Value | None:
        return self._entries.get(key)

    def put(self, key: _Key, value: _Value) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def drop(self, key: _Key) -> None:
        self._entries.pop(key, None)

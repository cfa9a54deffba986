"""Turns: how much of what has arrived is parsed before whatever else is ready goes on."""

import asyncio
from typing import Protocol


class Sliced(Protocol):
    """What has something to parse.

    Attributes:
        neighbourhood: Where it comes from.
    """

    neighbourhood: str

    def parse_slice(self) -> bool:
        """Parse a few KiB of what has arrived, and return whether there is more."""
        ...


class Turns:
    """Has one slice of one connection parsed in a turn of the event loop; for the event loop only.

    A body in chunks of one byte takes a millisecond per KiB to parse, a TLS handshake takes several. However
    much of that arrives, other things go on in between; and however many connections a client has, the next
    slice is one of another client's, if that has sent anything.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, dict[Sliced, None]] = {}
        self._is_due = False

    def add(self, one: Sliced) -> None:
        """Have all that *one* has parsed, slice by slice, in turn with others."""
        self._waiting.setdefault(one.neighbourhood, {})[one] = None
        self._next_turn()

    def discard(self, one: Sliced) -> None:
        """Parse no more of *one*."""
        neighbours = self._waiting.get(one.neighbourhood, {})
        neighbours.pop(one, None)
        if not neighbours:
            self._waiting.pop(one.neighbourhood, None)

    def _next_turn(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_due = False
        if not self._waiting:
            return
        origin = next(iter(self._waiting))
        neighbours = self._waiting.pop(origin)
        one = next(iter(neighbours))
        del neighbours[one]
        if neighbours:
            self._waiting[origin] = neighbours
        try:
            if one.parse_slice():
                self.add(one)
        finally:
            self._next_turn()

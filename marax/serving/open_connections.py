"""A bound on how many connections there are at once, shared out among clients."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from marax.serving.phases import Phase
from marax.serving.tls import ServerTls
from marax.serving.turns import Turns


class OpenConnection(Protocol):
    """One connection.

    Attributes:
        neighbourhood: Where it comes from.
        phase: What it is busy with.
    """

    neighbourhood: str
    phase: Phase

    def abort(self) -> None:
        """Close at once."""
        ...


class OpenConnections:
    """The open connections of a server, at most *most*, with its TLS and the turns that they take.

    When there is one more, the client with the most of them makes room: of its connections the one that has
    gone longest without finishing a request. A request that the application has is never cut off for that.
    """

    def __init__(self, *, most: int, tls: Callable[[], ServerTls | None]) -> None:
        self._most = most
        self._longest_first: dict[OpenConnection, None] = {}
        self.tls = tls
        self.turns = Turns()

    def add(self, connection: OpenConnection) -> None:
        """Note a new or newly idle *connection*, and make room for it."""
        self._longest_first.pop(connection, None)
        self._longest_first[connection] = None
        if len(self._longest_first) > self._most:
            self._longest_of_the_most().abort()

    def discard(self, connection: OpenConnection) -> None:
        """Forget a lost *connection*."""
        self._longest_first.pop(connection, None)

    def abort(self) -> None:
        """Close every connection at once, whatever it is busy with."""
        for connection in tuple(self._longest_first):
            connection.abort()

    def _longest_of_the_most(self) -> OpenConnection:
        may_go = [one for one in self._longest_first if one.phase is not Phase.RUNNING]
        ((most, _),) = Counter(one.neighbourhood for one in may_go).most_common(1)
        return next(one for one in may_go if one.neighbourhood == most)

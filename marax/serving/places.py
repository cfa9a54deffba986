"""Places for requests, shared out among those who ask."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """At most *most* requests at once; a client takes a place only while it holds fewer than are left free.

    So the first may take half of them, the second half of the rest, and there is one for whoever comes next.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._held: Counter[str] = Counter()

    def has_one_for(self, client: str) -> bool:
        """Return whether *client* may take a place."""
        return self._held[client] < self._free

    @contextmanager
    def taken_by(self, client: str) -> Iterator[None]:
        """Hold a place for *client*."""
        self._free -= 1
        self._held[client] += 1
        try:
            yield
        finally:
            self._free += 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]

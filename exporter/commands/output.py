"""What is kept of a command's output: its beginning and its end."""


class Kept:
    """Keeps three quarters of *limit_bytes* from the head of an output and one from its tail.

    Attributes:
        total_bytes: How long the whole of it is.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._tail_limit = limit_bytes // 4
        self._head_limit = limit_bytes - self._tail_limit
        self._head = bytearray()
        self._tail = bytearray()
        self.total_bytes = 0

    def add(self, chunk: bytes) -> bytes:
        """Take the next part of the output, and return what of it belongs to the head."""
        self.total_bytes += len(chunk)
        part = chunk[: self._head_limit - len(self._head)]
        self._head += part
        self._tail += chunk[len(part) :]
        if len(self._tail) > 2 * self._tail_limit:
            del self._tail[: len(self._tail) - self._tail_limit]
        return part

    @property
    def is_truncated(self) -> bool:
        """Whether something is left out."""
        return self.total_bytes > self._head_limit + self._tail_limit

    def head(self) -> bytes:
        """Return what is kept from the beginning."""
        return bytes(self._head)

    def tail(self) -> bytes:
        """Return what is kept from the end, after a line that tells how much is left out before it."""
        tail = bytes(self._tail[max(0, len(self._tail) - self._tail_limit) :])
        if not self.is_truncated:
            return tail
        left_out = self.total_bytes - len(self._head) - len(tail)
        return f"\n[... {left_out} bytes left out ...]\n".encode() + tail

"""What a connection has received and not parsed yet."""

from marax.serving.tls_transport import TlsTransport

_FED_BYTES = 2 * 1024


class Inbox:
    """Bytes in, plain text out; decrypted piece by piece as it is taken.

    Attributes:
        stream: What decrypts; None where nothing is encrypted.
    """

    def __init__(self) -> None:
        self.stream: TlsTransport | None = None
        self._received = bytearray()
        self._decrypted = bytearray()

    def __bool__(self) -> bool:
        return bool(self._received or self._decrypted)

    def __len__(self) -> int:
        return len(self._received) + len(self._decrypted)

    def add(self, data: bytes) -> None:
        """Keep *data* from the network."""
        self._received += data

    def clear(self) -> None:
        """Forget everything."""
        self._received.clear()
        self._decrypted.clear()

    def take(self, size: int) -> bytes:
        """Return the next plain text, at most *size* bytes; none where a piece completed nothing yet.

        Raises:
            ssl.SSLError: As `TlsTransport.feed` says.
        """
        if self.stream is None:
            return _taken(self._received, size)
        if not self._decrypted:
            self._decrypted += self.stream.feed(_taken(self._received, _FED_BYTES))
        return _taken(self._decrypted, size)


def _taken(buffer: bytearray, size: int) -> bytes:
    taken = bytes(buffer[:size])
    del buffer[: len(taken)]
    return taken

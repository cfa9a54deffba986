"""A TCP relay that can be cut: for a part that is alive and out of another one's reach."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK_BYTES = 65536


class Relay:
    """Passes connections on to *target*, until it is cut; then it refuses them, and ends those there are."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._is_cut = False
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Pass nothing on any more."""
        self._is_cut = True
        for each in list(self._open):
            _end(each)

    def mend(self) -> None:
        """Pass new connections on again."""
        self._is_cut = False

    def close(self) -> None:
        """End it for good."""
        self.cut()
        _end(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = None if self._is_cut else socket.create_connection(self._target, timeout=5)
            except OSError:
                server = None
            if server is None:
                client.close()
                continue
            self._open |= {client, server}
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while chunk := source.recv(_CHUNK_BYTES):
                sink.sendall(chunk)
        except OSError:
            pass
        finally:
            _end(source)
            _end(sink)
            self._open -= {source, sink}


@contextmanager
def relayed(target: str) -> Iterator[Relay]:
    """Yield a relay to *target*."""
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.close()


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()

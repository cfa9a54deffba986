"""Loopback servers that answer as badly as the far side of a network can."""

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Manners = Callable[[socket.socket], None]

_TLS_HANDSHAKE = b"\x16"


@contextmanager
def a_server(manners: Manners, host: str = "127.0.0.1") -> Iterator[int]:
    """Run *manners* on each connection, in a thread of its own; yields the port."""
    with socket.create_server((host, 0), backlog=1024) as listener:
        threading.Thread(target=_accept, args=(listener, manners), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept()


def answering(body: bytes, *, status: int = 200, headers: bytes = b"") -> Manners:
    """Answer every request in the same way."""
    return answering_each(lambda _request: (status, headers, body))


def answering_each(answer: Callable[[bytes], tuple[int, bytes, bytes]]) -> Manners:
    """Answer with what *answer* makes of a request's head: status, header lines, body."""

    def manners(connection: socket.socket) -> None:
        status, headers, body = answer(_request_head(connection))
        length = b"Content-Length: %d\r\n" % len(body)
        connection.sendall(b"HTTP/1.0 %d As It Is\r\n%s%s\r\n%s" % (status, length, headers, body))

    return manners


def over_tls(context: ssl.SSLContext, manners: Manners) -> Manners:
    """Speak TLS, and within it have *manners*."""

    def treat(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            manners(secured)

    return treat


def sending(raw: bytes) -> Manners:
    """Take the request, send *raw* and close."""

    def manners(connection: socket.socket) -> None:
        _request_head(connection)
        connection.sendall(raw)

    return manners


def silent(connection: socket.socket) -> None:
    """Take the request and never answer."""
    while connection.recv(65536):
        pass


def dripping(start: bytes) -> Manners:
    """Send *start*, then a byte every 50 ms for as long as anybody listens."""

    def manners(connection: socket.socket) -> None:
        _request_head(connection)
        connection.sendall(start)
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)

    return manners


def flooding(start: bytes) -> Manners:
    """Send *start*, then as much as the far side takes, up to 100 MB."""

    def manners(connection: socket.socket) -> None:
        _request_head(connection)
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(b"x" * 1_000_000)

    return manners


def resetting(connection: socket.socket) -> None:
    """Take the request and reset the connection."""
    _request_head(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def in_turn(*manners: Manners) -> Manners:
    """Treat the first connection by the first of *manners*, the next by the next, round and round."""
    turns = itertools.cycle(manners)

    def treat(connection: socket.socket) -> None:
        turn = next(turns)
        turn(connection)

    return treat


def a_dead_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def a_black_hole() -> Iterator[int]:
    """Yield a port whose connections are never taken: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port: int = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            with suppress(BlockingIOError):
                one.connect(("127.0.0.1", port))
        yield port
        for one in waiting:
            one.close()


def _accept(listener: socket.socket, manners: Manners) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_treat, args=(connection, manners), daemon=True).start()


def _treat(connection: socket.socket, manners: Manners) -> None:
    with connection, suppress(OSError):
        manners(connection)


def _request_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and not head.startswith(_TLS_HANDSHAKE):
        received = connection.recv(65536)
        if not received:
            break
        head += received
    return head

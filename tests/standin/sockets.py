"""A far side that speaks, and breaks off, byte by byte."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def far_side(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give each connection to *handle*, then close it; yield the URL."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(10.0)
                    handle(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def whole_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    named = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(named.get(b"content-length", b"0"))
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def answering(raw: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(raw)

    return handle


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

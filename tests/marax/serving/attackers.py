"""Clients that mean no good, in a process of their own: PORT SCHEME ATTACK CONNECTIONS SECONDS ADDRESS.

Says on stdout how often each status code came.
"""

import base64
import contextlib
import itertools
import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

CHUNK = b"1\r\nx\r\n"
HEAD = "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"


def main(connect: Callable[[], socket.socket], attack: str, connections: int, seconds: float) -> None:
    statuses: Counter[str] = Counter()
    until_seconds = time.monotonic() + seconds
    number = itertools.count()

    def attack_on() -> None:
        while time.monotonic() < until_seconds:
            with contextlib.suppress(OSError), connect() as connection:
                for status in ATTACKS[attack](connection, number):
                    statuses[status] += 1
                    if time.monotonic() > until_seconds:
                        return

    threads = [threading.Thread(target=attack_on) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(statuses))


def tiny_chunks(connection: socket.socket, _number: Iterator[int]) -> Iterator[str]:
    """Send a body in chunks of one byte for as long as it is taken."""
    connection.sendall(_head("POST", "/x", "Transfer-Encoding: chunked\r\n"))
    while True:
        connection.sendall(CHUNK * 600)
        yield "sent"


def identical_scrapes(connection: socket.socket, _number: Iterator[int]) -> Iterator[str]:
    while True:
        yield _asked(connection, _head("GET", "/metrics"))


def different_scrapes(connection: socket.socket, number: Iterator[int]) -> Iterator[str]:
    while True:
        yield _asked(connection, _head("GET", f"/metrics?name[]=a{next(number)}"))


def health(connection: socket.socket, _number: Iterator[int]) -> Iterator[str]:
    while True:
        yield _asked(connection, _head("GET", "/-/ready"))


def guesses(connection: socket.socket, number: Iterator[int]) -> Iterator[str]:
    while True:
        guess = base64.b64encode(f"prometheus:guess{next(number)}".encode()).decode()
        yield _asked(connection, _head("GET", "/metrics", f"Authorization: Basic {guess}\r\n"))


ATTACKS = {
    "tiny chunks": tiny_chunks,
    "identical scrapes": identical_scrapes,
    "different scrapes": different_scrapes,
    "health": health,
    "guesses": guesses,
}


def _head(method: str, path: str, more: str = "") -> bytes:
    return HEAD.format(method=method, path=path, more=more).encode()


def _asked(connection: socket.socket, wire: bytes) -> str:
    connection.sendall(wire)
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head[9:12].decode()


def _connected(port: int, scheme: str, address: str) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", port), 10, source_address=(address, 0))
    if scheme == "http":
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain)


if __name__ == "__main__":
    _, port, scheme, attack, connections, seconds, address = sys.argv
    main(partial(_connected, int(port), scheme, address), attack, int(connections), float(seconds))

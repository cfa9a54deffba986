"""A client has 10 seconds for a whole request, however it spends them."""

import contextlib
import socket
import ssl
import time
from pathlib import Path

import pytest

from tests.marax.serving.certificates import make_certificates
from tests.marax.serving.kit import served_in_a_process

SLOW_HEAD = b"GET /x HTTP/1.1\r\nHost: a\r\nX-Slow: "
SLOW_BODY = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.attack(49, 60)
@pytest.mark.timeout(60)
@pytest.mark.alone
def test_closes_whoever_takes_longer_than_ten_seconds(tmp_path: Path):
    certificates = make_certificates(tmp_path)
    with (
        served_in_a_process() as plain,
        served_in_a_process(certificates.web_config(), certificates.client()) as secure,
    ):
        hello = _client_hello(certificates.client())
        clients = {
            "silent": (_to(plain.address.port), False),
            "slow head": (_saying(plain.connect(), SLOW_HEAD), True),
            "slow body": (_saying(plain.connect(), SLOW_BODY), True),
            "silent before TLS": (_to(secure.address.port), False),
            "half a hello": (_saying(_to(secure.address.port), hello[:100]), False),
            "silent after TLS": (secure.connect(), False),
            "slow head in TLS": (_saying(secure.connect(), SLOW_HEAD), True),
            "slow body in TLS": (_saying(secure.connect(), SLOW_BODY), True),
        }

        closed = _dribble_until_closed(clients, for_seconds=14)

    assert closed.keys() == clients.keys()
    for name, (seconds, answer) in closed.items():
        assert 9 < seconds < 13, name
        assert answer.startswith(b"HTTP/1.1 408 ") is name.startswith("slow"), name


def _to(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def _saying(connection: socket.socket, wire: bytes) -> socket.socket:
    connection.sendall(wire)
    return connection


def _client_hello(client: ssl.SSLContext) -> bytes:
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        client.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def _dribble_until_closed(
    clients: dict[str, tuple[socket.socket, bool]], *, for_seconds: float
) -> dict[str, tuple[float, bytes]]:
    """Return after how many seconds each was closed, and what it was told; some send a byte now and then."""
    began = time.monotonic()
    told = dict.fromkeys(clients, b"")
    closed: dict[str, tuple[float, bytes]] = {}
    while len(closed) < len(clients) and time.monotonic() < began + for_seconds:
        for name in clients.keys() - closed.keys():
            connection, is_slow = clients[name]
            piece = _listen(connection)
            told[name] += piece or b""
            if piece == b"":
                closed[name] = (time.monotonic() - began, told[name])
                connection.close()
            elif is_slow and piece is None:
                with contextlib.suppress(OSError):
                    connection.send(b"x")
    return closed


def _listen(connection: socket.socket) -> bytes | None:
    connection.settimeout(0.05)
    try:
        return connection.recv(10_000)
    except TimeoutError:
        return None
    except OSError:
        return b""

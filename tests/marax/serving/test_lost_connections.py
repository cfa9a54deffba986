"""However a client leaves, nothing of its connection stays in memory."""

import gc
import socket
import struct
from collections.abc import Iterator

import pytest

from marax.serving.connections import Connection
from tests.marax.serving.certificates import make_certificates
from tests.marax.serving.kit import Served, read_response, served_in_a_thread
from tests.waiting import wait_until

GET = b"GET /wire HTTP/1.1\r\nHost: localhost\r\n\r\n"
LEFT_AFTER = {
    "nothing": b"",
    "half a head": GET[:12],
    "half a body": b"POST /wire HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf",
    "a request that is answered": GET,
    "two requests": GET + GET,
    "a request that is under way": GET.replace(b"/wire", b"/sleep/0.2"),
    "a large answer that is not read": GET.replace(b"/wire", b"/large"),
    "an endless answer": GET.replace(b"/wire", b"/stream"),
    "a refused request": b"nonsense\r\n\r\n",
}
RESET = struct.pack("ii", 1, 0)  # linger for 0 s: the peer gets a reset instead of an end


@pytest.fixture(scope="module", params=["plain", "tls"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if request.param == "plain":
        with served_in_a_thread() as (served, _):
            yield served
    else:
        certificates = make_certificates(tmp_path_factory.mktemp("tls"))
        with served_in_a_thread(certificates.web_config(), certificates.client()) as (served, _):
            yield served


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("wire", LEFT_AFTER.values(), ids=LEFT_AFTER.keys())
def test_nothing_is_kept_of_a_client_that_has_left(served: Served, wire: bytes, *, is_reset: bool):
    for _ in range(5):
        with served.connect() as connection:
            connection.sendall(wire)
            if wire == GET:
                read_response(connection)
            if is_reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    wait_until(lambda: held_connections() == 0, lambda: f"{held_connections()} connections are held")


def held_connections() -> int:
    gc.collect()
    return sum(type(one) is Connection for one in gc.get_objects())

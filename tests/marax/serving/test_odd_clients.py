"""Clients that pipeline, that end their side first, and that leave at odd moments."""

import logging
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.marax.serving.kit import Served, served_in_a_thread
from tests.marax.serving.test_wire import POST, REFUSED, STATUS_LINE
from tests.waiting import PATIENCE_SECONDS

GET = b"GET /wire HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
FIRST = {
    "no body": b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n",
    "a body": b"POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\na\n\nb",
    "chunks": b"POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\n\n\r\n0\r\n\r\n",
}
ENDED = [*FIRST.values(), GET * 2, GET.replace(b"/wire", b"/sleep/0.3"), LARGE]
MALFORMED = ("bare line feeds", "one bare line feed", "folded line", "header of 100 KB", "no host")
PIECES = (
    GET,
    GET.replace(b"/wire", b"/stream"),
    b"GET /wire HTTP/1.0\r\n\r\n",
    LARGE,
    CHUNKED,
    CHUNKED + b"2\r\nok\r\n",
    CHUNKED + b"11000\r\n" + b"x" * 70_000,
    POST + b"Content-Length: 70000\r\n\r\n" + b"x" * 70_000,
    POST + b"Content-Length: 5\r\n\r\nab",
    POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    b"xyz\r\n",
    b"0\r\n\r\n",
    b"\r\n\r\n",
    b"\x00" * 10,
    b"GET / HTTP/1.1\nHost: a\n\n",
)
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with served_in_a_thread() as (served, _):
        yield served


@pytest.mark.attack(50)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.sampled_from(sorted(FIRST)), malformed=st.sampled_from(MALFORMED), share=st.floats(0, 1))
def test_refuses_a_pipelined_request_as_it_would_a_first_one(
    served: Served, first: str, malformed: str, share: float
):
    before = served.seen()
    wire = FIRST[first] + REFUSED[malformed]
    cut = int(share * min(len(wire), 300))

    with served.connect() as connection:
        connection.sendall(wire[:cut])
        time.sleep(0.01)
        with suppress(ConnectionError):
            connection.sendall(wire[cut:])
        answer = _all_of(connection)

    assert [line[9:10] for line in STATUS_LINE.findall(answer)] == [b"2", b"4"]
    assert [request.split()[1] for request in served.seen()[len(before) :]] == ["/first"]


@pytest.mark.parametrize("wire", ENDED, ids=[*FIRST, "two", "slow", "large"])
def test_answers_a_client_that_has_ended_its_side(served: Served, wire: bytes):
    with served.connect() as connection:
        connection.sendall(wire)
        connection.shutdown(socket.SHUT_WR)
        answer = _all_of(connection)

    assert answer.count(b"HTTP/1.1 200 OK\r\n") == wire.count(b"Host:")
    assert len(answer) > (8 * 1024 * 1024 if wire == LARGE else 0)


def test_closes_at_once_when_a_client_ends_its_side_within_a_request(served: Served):
    with served.connect() as connection:
        connection.sendall(POST + b"Content-Length: 5\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(5.0)

        assert connection.recv(1000) == b""


@pytest.mark.attack(50)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), is_reset=st.booleans())
def test_no_client_can_write_an_error_into_the_log(
    served: Served, caplog: pytest.LogCaptureFixture, pieces: list[bytes], *, is_reset: bool
):
    caplog.clear()
    with served.connect() as connection:
        for piece in pieces:
            with suppress(ConnectionError):
                connection.sendall(piece)
        connection.settimeout(0.05)
        with suppress(ConnectionError, TimeoutError):
            connection.recv(65536)
        if is_reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    assert served.get("/metrics")[0].status == 200

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def _all_of(connection: socket.socket) -> bytes:
    connection.settimeout(PATIENCE_SECONDS)
    answer = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            answer += piece
    return answer

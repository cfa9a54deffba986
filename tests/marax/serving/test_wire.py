"""What a server does with requests that are out of order: one answer at most, and nothing gets through."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.marax.serving.kit import Served, served_in_a_thread

STATUS_LINE = re.compile(rb"HTTP/1\.1 [0-9]{3} ")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /wire HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with served_in_a_thread() as (served, _):
        yield served


REFUSED = {
    "no host": b"GET /wire HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /wire HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two equal hosts": b"GET /wire HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx" + SMUGGLED,
    "two lengths in one line": POST + b"Content-Length: 1, 2\r\n\r\nxx" + SMUGGLED,
    "length and chunks": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "chunks and length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "signed length": POST + b"Content-Length: +3\r\n\r\nabc" + SMUGGLED,
    "negative length": POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "length with underscore": POST + b"Content-Length: 1_0\r\n\r\n0123456789" + SMUGGLED,
    "length of 30 digits": POST + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n",
    "unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks in HTTP/1.0": b"POST /wire HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunk size not hexadecimal": POST
    + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"
    + SMUGGLED,
    "chunk size signed": POST + b"Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n" + SMUGGLED,
    "chunk longer than told": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n" + SMUGGLED,
    "bare line feeds": b"GET /wire HTTP/1.1\nHost: a\n\n" + SMUGGLED,
    "one bare line feed": b"GET /wire HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "folded line": b"GET /wire HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "bare carriage return": b"GET /wire HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
    "NUL in a value": b"GET /wire HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
    "NUL in the target": b"GET /wire\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "space before colon": b"GET /wire HTTP/1.1\r\nHost : a\r\n\r\n",
    "space in a name": b"GET /wire HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n",
    "no name": b"GET /wire HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "space in the target": b"GET /wi re HTTP/1.1\r\nHost: a\r\n\r\n",
    "URI with a user": b"GET http://me:secret@a/wire HTTP/1.1\r\nHost: a\r\n\r\n",
    "URI without a host": b"GET http:///wire HTTP/1.1\r\nHost: a\r\n\r\n",
    "URI of another scheme": b"GET ftp://a/wire HTTP/1.1\r\nHost: a\r\n\r\n",
    "URI without slashes": b"GET http:a/wire HTTP/1.1\r\nHost: a\r\n\r\n",
    "whole URI without Host": b"GET http://a/wire HTTP/1.1\r\n\r\n",
    "tunnel to a URI": b"CONNECT http://a/wire HTTP/1.1\r\nHost: a\r\n\r\n",
    "no path": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "tunnel": b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    "HTTP/0.9": b"GET /wire\r\n\r\n",
    "HTTP/2.0": b"GET /wire HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "binary": bytes(range(256)),
    "header of 100 KB": b"GET /wire HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "target of 100 KB": b"GET /wire" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "2,000 headers": b"GET /wire HTTP/1.1\r\nHost: a\r\n" + b"X: yyyyyy\r\n" * 2000 + b"\r\n",
    "endless header": b"GET /wire HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 300_000,
    "body too long": POST + b"Content-Length: 65537\r\n\r\n" + b"x" * 65537 + SMUGGLED,
    "body cut short": POST + b"Content-Length: 5000000\r\n\r\n" + SMUGGLED,
}


@pytest.mark.attack(49, 50, 51, 52)
@pytest.mark.parametrize("wire", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_is_ambiguous(served: Served, wire: bytes):
    before = served.seen()

    answer = served.say(wire)

    assert answer[:10] in (b"HTTP/1.1 4", b"HTTP/1.1 5")
    assert len(STATUS_LINE.findall(answer)) == 1
    assert b"connection: close" in answer.lower()
    assert served.seen() == before


REFUSED_IN_JSON = {
    "ambiguous-length": REFUSED["length and chunks"],
    "malformed-head": REFUSED["bare line feeds"],
    "wrong-target": REFUSED["URI with a user"],
    "wrong-version": REFUSED["HTTP/2.0"],
    "head-too-large": REFUSED["header of 100 KB"],
    "body-too-large": REFUSED["body cut short"],
}


@pytest.mark.attack(50)
@pytest.mark.parametrize("kind", REFUSED_IN_JSON)
def test_says_why_in_a_problem_document(served: Served, kind: str):
    with served.connect() as connection:
        with suppress(ConnectionError):
            connection.sendall(REFUSED_IN_JSON[kind])
        answer = HTTPResponse(connection)
        answer.begin()
        problem = json.loads(answer.read())

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == f"urn:marax:problem:{kind}"
    assert answer.status == problem["status"]


PASSED = {
    "HTTP/1.0": (b"GET /wire HTTP/1.0\r\n\r\n", 1),
    "length told twice alike": (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 1),
    "upgrade": (b"GET /wire HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 1),
    "bare line feed in a body": (POST + b"Content-Length: 4\r\n\r\na\n\nb", 1),
    "chunk extension and trailer": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
        1,
    ),
    "two at once": (b"GET /wire HTTP/1.1\r\nHost: a\r\n\r\n" * 2, 2),
}


WHOLE_URIS = {
    "http://a/wire": ("/wire", "a"),
    "HTTP://b:80/wire?x=1": ("/wire", "b:80"),
    "https://[::1]:9877/wire": ("/wire", "[::1]:9877"),
    "http://b": ("/", "b"),
    "http://b?x=1": ("/", "b"),
    "http://b//wire": ("//wire", "b"),
    "http://b/http://c/wire": ("/http://c/wire", "b"),
    "http://b/%77ire": ("/wire", "b"),
    "http://b/a@c": ("/a@c", "b"),
}


@pytest.mark.attack(51)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("target", WHOLE_URIS)
def test_takes_a_whole_uri_whose_host_counts_instead_of_the_header(served: Served, target: str, version: str):
    answer = served.say(f"GET {target} HTTP/{version}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    told = json.loads(body)
    assert (told["path"], told["headers"]["HTTP_HOST"]) == WHOLE_URIS[target]


@pytest.mark.parametrize(("wire", "requests"), PASSED.values(), ids=PASSED.keys())
def test_answers_what_is_unusual_but_clear(served: Served, wire: bytes, requests: int):
    before = served.seen()

    answer = served.say(wire, answers=requests)

    assert answer.count(b"HTTP/1.1 200 OK") == requests
    assert len(served.seen()) - len(before) == requests


def test_takes_a_head_that_comes_byte_by_byte(served: Served):
    with served.connect() as connection:
        for byte in b"GET /bytes HTTP/1.1\r\nHost: a\r\n\r\n":
            connection.sendall(bytes([byte]))

        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=200), cut=st.integers(0, 60))
def test_survives_any_bytes(served: Served, noise: bytes, cut: int):
    wire = (b"POST /noise HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")[:cut] + noise

    answer = served.say(wire, answer_seconds=0.05, silence_seconds=0.05)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert served.get("/metrics")[0].status == 200

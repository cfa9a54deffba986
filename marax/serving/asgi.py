"""What stands between the network and a WSGI application: only whole, unambiguous requests get through."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from enum import Enum, auto
from http import HTTPStatus
from typing import assert_never
from wsgiref.types import WSGIApplication

from a2wsgi.asgi_typing import HTTPScope, Receive, Scope, Send, SendEvent

from marax.problems import MEDIA_TYPE, Problem, busy
from marax.serving.basic_auth import BasicAuth
from marax.serving.connections import LINGER_SECONDS, Connection, Phase
from marax.serving.targets import in_origin_form
from marax.serving.wsgi_pool import WsgiPool

LARGEST_HEAD_BYTES = 16 * 1024
_LINE_BYTES = len(": \r\n")
_LARGEST_BODIES_HELD = 4
_LEAST_HELD_BYTES = 16 * 1024 * 1024

Headers = Iterable[tuple[bytes, bytes]]


class AsgiGate:
    """The ASGI application that uvicorn runs: *app*, behind two pools of threads.

    Requests for a path that `is_kept` have two threads to themselves, so that they are answered however busy
    the eight for all others are. One that `is_guarded` is for those whom *basic_auth* admits, if it returns
    anything. Every answer bears the *headers* of the moment, save those it sets itself.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        body_limit_bytes: int,
        basic_auth: Callable[[], BasicAuth | None],
        headers: Callable[[], Headers],
    ) -> None:
        self._basic_auth = basic_auth
        self._headers = headers
        self._kept = WsgiPool(app, threads=2, most=32, name="kept")
        self._others = WsgiPool(app, threads=8, most=64, name="worker")
        self._body_limit_bytes = body_limit_bytes
        self._held_limit_bytes = max(_LEAST_HELD_BYTES, _LARGEST_BODIES_HELD * body_limit_bytes)
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # noqa: S101 - uvicorn is set up for nothing else
        scope = in_origin_form(scope)
        connection = scope["state"]["connection"]
        connection.enter(Phase.BODY)
        send = _adding((_date(), *self._headers()), send)
        fault = fault_of(scope, body_limit_bytes=self._body_limit_bytes)
        try:
            if fault is None:
                await self._receive_and_answer(scope, receive, send, connection)
            else:
                connection.enter(Phase.ANSWERING)
                await _turn_away(fault, receive, send)
        finally:
            connection.enter(Phase.IDLE)

    async def _receive_and_answer(
        self, scope: HTTPScope, receive: Receive, send: Send, connection: Connection
    ) -> None:
        chunks: list[bytes] = []
        try:
            match await self._receive_whole(receive, chunks):
                case Problem() as problem:
                    connection.enter(Phase.ANSWERING)
                    await _turn_away(problem, receive, send)
                case _End.WHOLE:
                    chunks[:] = [b"".join(chunks)]
                    await self._answer(scope, chunks[0], send, connection)
                case _End.CLIENT_LEFT:
                    pass
                case unknown:
                    assert_never(unknown)
        finally:
            self._held_bytes -= sum(map(len, chunks))

    async def _receive_whole(self, receive: Receive, chunks: list[bytes]) -> "Problem | _End":
        length = 0
        while True:
            event = await receive()
            if event["type"] != "http.request":
                return _End.CLIENT_LEFT
            chunks.append(event["body"])
            self._held_bytes += len(event["body"])
            length += len(event["body"])
            if length > self._body_limit_bytes:
                return _BODY_TOO_LARGE
            if self._held_bytes > self._held_limit_bytes:
                return _BUSY
            if not event.get("more_body"):
                return _End.WHOLE

    async def _answer(self, scope: HTTPScope, body: bytes, send: Send, connection: Connection) -> None:
        path = scope["path"]
        pool = self._kept if is_kept(path) else self._others
        if is_guarded(path) and (refusal := await self._refusal(scope)):
            await _respond(refusal, send)
        elif pool.is_full:
            await _respond(_BUSY, send)
        else:
            await pool.answer(_plain(scope, len(body)), body, send, connection)

    async def _refusal(self, scope: HTTPScope) -> Problem | None:
        basic_auth = self._basic_auth()
        return await basic_auth.refusal(dict(scope["headers"]).get(b"authorization")) if basic_auth else None


class _End(Enum):
    WHOLE = auto()
    CLIENT_LEFT = auto()


def fault_of(scope: HTTPScope, *, body_limit_bytes: int) -> Problem | None:
    """Return what is wrong with the head of a request, as far as uvicorn lets it pass; None for nothing."""
    fields = dict(scope["headers"])
    is_chunked = b"transfer-encoding" in fields
    target = scope["raw_path"] + scope["query_string"]
    head_bytes = len(target) + sum(len(name) + len(value) + _LINE_BYTES for name, value in scope["headers"])
    faults = {
        _WRONG_VERSION: scope["http_version"] not in ("1.0", "1.1"),
        _WRONG_TARGET: not target.startswith(b"/"),
        _AMBIGUOUS_LENGTH: is_chunked and (b"content-length" in fields or scope["http_version"] == "1.0"),
        _HEAD_TOO_LARGE: head_bytes > LARGEST_HEAD_BYTES,
        _BODY_TOO_LARGE: int(fields.get(b"content-length", 0)) > body_limit_bytes,
    }
    return next((problem for problem, is_found in faults.items() if is_found), None)


_WRONG_VERSION = Problem(
    status=HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    kind="wrong-version",
    title="Only HTTP/1.0 and HTTP/1.1 are supported.",
)
_WRONG_TARGET = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="wrong-target",
    title="The request target must be a path that begins with a slash, or an http URI.",
)
_AMBIGUOUS_LENGTH = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="ambiguous-length",
    title="The length of the request body is ambiguous.",
)
_HEAD_TOO_LARGE = Problem(
    status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    kind="head-too-large",
    title=f"The request line and headers are larger than {LARGEST_HEAD_BYTES} bytes.",
)
_BODY_TOO_LARGE = Problem(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    kind="body-too-large",
    title="The request body is too large.",
)
_BUSY = busy("Too many requests are waiting.")

_NEXT_STEP = {
    HTTPStatus.SERVICE_UNAVAILABLE: ((b"retry-after", b"1"),),
    HTTPStatus.UNAUTHORIZED: ((b"www-authenticate", b'Basic realm="marax", charset="UTF-8"'),),
}


def _plain(scope: HTTPScope, length: int) -> HTTPScope:
    """Return *scope* with its body's true length, and without names that WSGI would confuse with others."""
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if name not in (b"content-length", b"transfer-encoding") and b"_" not in name
    ]
    if length:
        headers.append((b"content-length", str(length).encode()))
    return {**scope, "headers": headers}


def _adding(headers: tuple[tuple[bytes, bytes], ...], send: Send) -> Send:
    async def send_with_headers(event: SendEvent) -> None:
        if event["type"] == "http.response.start":
            own = list(event.get("headers", ()))
            names = {name for name, _ in own}
            event = {**event, "headers": own + [header for header in headers if header[0] not in names]}
        await send(event)

    return send_with_headers


def _date() -> tuple[bytes, bytes]:
    return b"date", formatdate(usegmt=True).encode()


async def _respond(problem: Problem, send: Send) -> None:
    await _start(problem, send, close=())
    await send({"type": "http.response.body", "body": problem.to_json()})


async def _turn_away(problem: Problem, receive: Receive, send: Send) -> None:
    """Refuse a request that is still being sent, and close its connection.

    Closing while data is under way would reset the connection, and the client might never see the answer.
    """
    await _start(problem, send, close=[(b"connection", b"close")])
    await send({"type": "http.response.body", "body": problem.to_json(), "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            await _pass_over_rest(receive)
    await send({"type": "http.response.body"})


async def _start(problem: Problem, send: Send, *, close: Headers) -> None:
    step = _NEXT_STEP.get(problem.status, ())
    length = str(len(problem.to_json())).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", length), *step, *close]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})


async def _pass_over_rest(receive: Receive) -> None:
    while True:
        event = await receive()
        if event["type"] != "http.request" or not event.get("more_body"):
            return


def is_kept(path: str) -> bool:
    """Return whether *path* is served by the threads that are kept for monitoring."""
    return is_guarded(path) or path.startswith("/-/")


def is_guarded(path: str) -> bool:
    """Return whether *path* is for the web config's `basic_auth_users`, if it has any.

    Flask takes two slashes for one.
    """
    return path.strip("/") == "metrics"

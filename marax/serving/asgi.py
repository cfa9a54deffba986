"""What stands between the network and a WSGI application: only whole, unambiguous requests get through."""

from collections.abc import Callable, Iterable
from email.utils import formatdate
from enum import Enum, auto
from http import HTTPStatus
from typing import assert_never
from wsgiref.types import WSGIApplication

from a2wsgi.asgi_typing import HTTPScope, Receive, Scope, Send, SendEvent

from marax.problems import MEDIA_TYPE, Problem, busy
from marax.serving.basic_auth import BasicAuth
from marax.serving.connections import Connection
from marax.serving.heads import BODY_TOO_LARGE, fault_of
from marax.serving.phases import Phase
from marax.serving.shared_answers import SharedAnswers
from marax.serving.targets import in_origin_form
from marax.serving.wsgi_pool import WsgiPool

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
        self._kept = SharedAnswers(WsgiPool(app, threads=2, most=32, name="kept"))
        self._others = WsgiPool(app, threads=8, most=64, name="worker")
        self._body_limit_bytes = body_limit_bytes
        self._held_limit_bytes = max(_LEAST_HELD_BYTES, _LARGEST_BODIES_HELD * body_limit_bytes)
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # noqa: S101 - uvicorn is set up for nothing else
        scope = in_origin_form(scope)
        connection = scope["state"]["connection"]
        fault = connection.begin_request() or fault_of(scope, body_limit_bytes=self._body_limit_bytes)
        send = _adding((_date(), *self._headers()), send)
        try:
            if fault is None:
                await self._receive_and_answer(scope, receive, send, connection)
            else:
                await _turn_away(fault, receive, send, connection)
        finally:
            connection.enter(Phase.IDLE)

    async def _receive_and_answer(
        self, scope: HTTPScope, receive: Receive, send: Send, connection: Connection
    ) -> None:
        chunks: list[bytes] = []
        try:
            match await self._receive_whole(receive, chunks):
                case Problem() as problem:
                    await _turn_away(problem, receive, send, connection)
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
                return BODY_TOO_LARGE
            if self._held_bytes > self._held_limit_bytes:
                return _BUSY
            if not event.get("more_body"):
                return _End.WHOLE

    async def _answer(self, scope: HTTPScope, body: bytes, send: Send, connection: Connection) -> None:
        if is_guarded(scope["path"]) and (refusal := await self._refusal(scope)):
            await _respond(refusal, send)
        elif is_kept(scope["path"]) and not body:
            await self._answer_monitoring(scope, send, connection)
        elif self._others.has_place_for(connection):
            await self._others.answer(_plain(scope, len(body)), body, send, connection)
        else:
            await _respond(_BUSY, send)

    async def _answer_monitoring(self, scope: HTTPScope, send: Send, connection: Connection) -> None:
        if self._kept.has_place_for(scope, connection):
            await self._kept.answer(_plain(scope, 0), send, connection)
        else:
            await _respond(_BUSY, send)

    async def _refusal(self, scope: HTTPScope) -> Problem | None:
        basic_auth = self._basic_auth()
        return await basic_auth.refusal(dict(scope["headers"]).get(b"authorization")) if basic_auth else None


class _End(Enum):
    WHOLE = auto()
    CLIENT_LEFT = auto()


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


async def _turn_away(problem: Problem, receive: Receive, send: Send, connection: Connection) -> None:
    """Refuse a request that may still be being sent, and close its connection."""
    connection.enter(Phase.ANSWERING)
    await _start(problem, send, close=[(b"connection", b"close")])
    await send({"type": "http.response.body", "body": problem.to_json(), "more_body": True})
    connection.pass_over_rest()
    while (await receive())["type"] == "http.request":
        pass


async def _start(problem: Problem, send: Send, *, close: Headers) -> None:
    step = _NEXT_STEP.get(problem.status, ())
    length = str(len(problem.to_json())).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", length), *step, *close]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})


def is_kept(path: str) -> bool:
    """Return whether *path* is served by the threads that are kept for monitoring."""
    return is_guarded(path) or path.startswith("/-/")


def is_guarded(path: str) -> bool:
    """Return whether *path* is for the web config's `basic_auth_users`, if it has any.

    Flask takes two slashes for one.
    """
    return path.strip("/") == "metrics"

"""A WSGI application behind threads of its own."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import HTTPScope, ReceiveEvent, Send, SendEvent

from marax.serving.connections import Connection
from marax.serving.phases import Phase
from marax.serving.places import Places
from marax.threads import DaemonThreads


class WsgiPool:
    """Runs a WSGI *app* on *threads* threads, for at most *most* requests at once, waiting ones included."""

    def __init__(self, app: WSGIApplication, *, threads: int, most: int, name: str) -> None:
        self._asgi = WSGIMiddleware(_until_client_leaves(app))  # type: ignore[arg-type] # its own word for WSGI
        self._asgi.executor = DaemonThreads(threads, name=name)  # type: ignore[assignment] # a2wsgi only submits
        self._free = asyncio.Semaphore(threads)
        self._places = Places(most)

    def has_place_for(self, connection: Connection) -> bool:
        """Return whether one more request of that client may come in."""
        return self._places.has_one_for(connection.neighbourhood)

    async def answer(self, scope: HTTPScope, body: bytes, send: Send, connection: Connection) -> None:
        """Answer a whole request; not at all if its client ends its side before a thread is free.

        An answer of known length is taken from its thread whole, so that a slow reader holds no thread; a
        stream is passed on as it comes, and ends when its client leaves.
        """
        answer = _Answer(send, connection)
        if await self._run(scope, body, answer, connection):
            await answer.send_rest()
        else:
            connection.abort()

    async def answer_whole(self, scope: HTTPScope, connection: Connection) -> tuple[SendEvent, ...] | None:
        """Return the answer to a request without a body; None if its client ends its side before that."""
        answer = _WholeAnswer()
        return tuple(answer.events) if await self._run(scope, b"", answer, connection) else None

    async def _run(
        self, scope: HTTPScope, body: bytes, answer: "_Answer | _WholeAnswer", connection: Connection
    ) -> bool:
        connection.enter(Phase.RUNNING)
        with self._places.taken_by(connection.neighbourhood):
            has_to_wait = self._free.locked()
            async with self._free:
                if connection.is_lost or (has_to_wait and connection.has_client_ended):
                    return False
                await self._asgi(scope, _WholeBody(body).receive, answer.take)
        connection.enter(Phase.ANSWERING)
        return True


class _WholeBody:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def receive(self) -> ReceiveEvent:
        return {"type": "http.request", "body": self._body, "more_body": False}


class _WholeAnswer:
    def __init__(self) -> None:
        self.events: list[SendEvent] = []

    async def take(self, event: SendEvent) -> None:
        self.events.append(event)


class _Answer:
    def __init__(self, send: Send, connection: Connection) -> None:
        self._send = send
        self._connection = connection
        self._is_stream = False
        self._kept: list[SendEvent] = []

    async def take(self, event: SendEvent) -> None:
        if event["type"] == "http.response.start":
            self._is_stream = all(name != b"content-length" for name, _ in event.get("headers", ()))
            if self._is_stream:
                self._connection.begin_stream()
        if self._is_stream:
            await self._send(event)
        else:
            self._kept.append(event)

    async def send_rest(self) -> None:
        for event in self._kept:
            await self._send(event)


def _until_client_leaves(app: WSGIApplication) -> WSGIApplication:
    def run(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        connection = environ["asgi.scope"]["state"]["connection"]
        environ["wsgi.errors"] = sys.stderr
        chunks = app(environ, start_response)
        try:
            for chunk in chunks:
                yield chunk
                if connection.is_lost:
                    break
        finally:
            _close(chunks)

    return run


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()

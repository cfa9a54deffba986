"""A WSGI application behind threads of its own."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import HTTPScope, ReceiveEvent, Send, SendEvent

from marax.serving.connections import Connection, Phase
from marax.threads import DaemonThreads


class WsgiPool:
    """Runs a WSGI *app* on *threads* threads, for at most *most* requests at once, waiting ones included."""

    def __init__(self, app: WSGIApplication, *, threads: int, most: int, name: str) -> None:
        self._asgi = WSGIMiddleware(_until_client_leaves(app))  # type: ignore[arg-type] # its own word for WSGI
        self._asgi.executor = DaemonThreads(threads, name=name)  # type: ignore[assignment] # a2wsgi only submits
        self._free = asyncio.Semaphore(threads)
        self._most = most
        self._requests = 0

    @property
    def is_full(self) -> bool:
        """Whether one more request would be too many."""
        return self._requests >= self._most

    async def answer(self, scope: HTTPScope, body: bytes, send: Send, connection: Connection) -> None:
        """Answer a whole request; not at all if its client leaves before a thread is free.

        An answer of known length is taken from its thread whole, so that a slow reader holds no thread; a
        stream is passed on as it comes, and ends when its client leaves.
        """
        connection.enter(Phase.RUNNING)
        answer = _Answer(send)
        self._requests += 1
        try:
            async with self._free:
                if connection.is_lost:
                    return
                await self._asgi(scope, _WholeBody(body).receive, answer.take)
        finally:
            self._requests -= 1
        connection.enter(Phase.ANSWERING)
        await answer.send_rest()


class _WholeBody:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def receive(self) -> ReceiveEvent:
        return {"type": "http.request", "body": self._body, "more_body": False}


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_stream = False
        self._kept: list[SendEvent] = []

    async def take(self, event: SendEvent) -> None:
        if event["type"] == "http.response.start":
            self._is_stream = all(name != b"content-length" for name, _ in event.get("headers", ()))
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

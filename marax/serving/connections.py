"""Every connection of a server: its TLS, its deadlines, and a bound on how many there are.

uvicorn parses the requests; what stands here is what uvicorn leaves open: a client may take only so long
over a request, and any number of silent clients leaves room for the next one.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from marax.problems import MEDIA_TYPE, Problem
from marax.serving.tls import ServerTls
from marax.serving.tls_transport import TlsTransport

REQUEST_SECONDS = 10
IDLE_SECONDS = 75
LINGER_SECONDS = 2
_ANSWER_SECONDS = 30

_LINE_WITHOUT_CR = re.compile(rb"(?<!\r)\n")
_FOLDED_LINE = re.compile(rb"\r\n[ \t]")

_TIMED_OUT = Problem(
    status=HTTPStatus.REQUEST_TIMEOUT,
    kind="request-timeout",
    title=f"The request was not complete after {REQUEST_SECONDS} seconds.",
)
_MALFORMED_HEAD = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="malformed-head",
    title="Header lines must end in CR LF and must not be folded.",
)
_WANTS_TLS = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="wants-tls",
    title="This port accepts HTTPS only.",
)


class Phase(Enum):
    """What a connection is busy with."""

    OPENED = auto()
    """Nothing has come yet; a TLS handshake may be under way."""
    HEAD = auto()
    BODY = auto()
    RUNNING = auto()
    """The application has the request: no deadline, save for a client that stops reading."""
    ANSWERING = auto()
    """The answer is being written."""
    IDLE = auto()
    REFUSED = auto()
    """An answer was written past uvicorn; what still comes is passed over."""


_RECEIVING = (Phase.OPENED, Phase.HEAD, Phase.BODY)
_SECONDS = {
    Phase.RUNNING: None,
    Phase.ANSWERING: _ANSWER_SECONDS,
    Phase.IDLE: IDLE_SECONDS,
    Phase.REFUSED: LINGER_SECONDS,
} | dict.fromkeys(_RECEIVING, REQUEST_SECONDS)


class Connections:
    """The open connections of a server, at most *most*.

    When there is one more, the one that has gone longest without finishing a request makes room; a request
    that the application has is never cut off for that.
    """

    def __init__(self, *, most: int, tls: Callable[[], ServerTls | None]) -> None:
        self._most = most
        self._longest_first: dict[Connection, None] = {}
        self.tls = tls

    def add(self, connection: "Connection") -> None:
        """Note a new or newly idle *connection*, and make room for it."""
        self._longest_first.pop(connection, None)
        self._longest_first[connection] = None
        if len(self._longest_first) > self._most:
            next(other for other in self._longest_first if other.phase is not Phase.RUNNING).abort()

    def discard(self, connection: "Connection") -> None:
        """Forget a lost *connection*."""
        self._longest_first.pop(connection, None)

    def abort(self) -> None:
        """Close every connection at once, whatever it is busy with."""
        for connection in tuple(self._longest_first):
            connection.abort()


class Connection(asyncio.Protocol):
    """One connection, around uvicorn's protocol for it; requests have it in `scope["state"]["connection"]`.

    Attributes:
        phase: What it is busy with; the application's side moves it on by `enter`.
        is_lost: Whether the client has gone; may be read from any thread.
    """

    def __init__(self, connections: Connections, **uvicorn: Any) -> None:
        self._connections = connections
        uvicorn["app_state"] = uvicorn["app_state"] | {"connection": self}
        self._http = H11Protocol(**uvicorn)
        self._loop = asyncio.get_running_loop()
        self._deadline: asyncio.TimerHandle | None = None
        self._stream: TlsTransport | None = None
        self._is_open = False
        self._head = bytearray()
        self.phase = Phase.OPENED
        self.is_lost = False

    def enter(self, phase: Phase) -> None:
        """Go on to *phase* and its deadline; a request has one deadline from its first byte to its last."""
        if self.is_lost or self.phase is Phase.REFUSED:
            return
        if not (self.phase in _RECEIVING and phase in _RECEIVING):
            self._close_after(_SECONDS[phase])
        self.phase = phase
        if phase is Phase.BODY:
            self._head.clear()
        if phase is Phase.IDLE:
            self._connections.add(self)

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()
        self._forget()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is one for every TCP socket
        self._transport = transport
        self._close_after(REQUEST_SECONDS)
        self._connections.add(self)
        tls = self._connections.tls()
        if tls is None:
            self._open(transport)
        else:
            self._stream = TlsTransport(transport, tls)

    def data_received(self, data: bytes) -> None:
        if self._stream is not None:
            data = self._decrypted(self._stream, data)
        if not data or self.phase is Phase.REFUSED:
            return
        if self._has_malformed_head(data):
            self._refuse(_MALFORMED_HEAD)
        else:
            self._http.data_received(data)

    def eof_received(self) -> None:
        self._http.eof_received()

    def pause_writing(self) -> None:
        if self.phase is Phase.RUNNING:
            self._close_after(_ANSWER_SECONDS)
        self._http.pause_writing()

    def resume_writing(self) -> None:
        if self.phase is Phase.RUNNING:
            self._close_after(None)
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._is_open:
            # Given an exception, uvicorn would not cancel its keep-alive timer, which holds all of this
            self._http.connection_lost(None)
        self._forget()

    def _decrypted(self, stream: TlsTransport, data: bytes) -> bytes:
        try:
            plain = stream.feed(data)
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                self._refuse(_WANTS_TLS)
            else:
                stream.close()
            return b""
        if stream.is_secured and not self._is_open:
            self._open(stream)
        return plain

    def _open(self, transport: asyncio.Transport) -> None:
        self._is_open = True
        self._transport = transport
        self._http.connection_made(transport)

    def _has_malformed_head(self, data: bytes) -> bool:
        """Return whether *data* shows what h11 lets pass: a line without CR, or a folded one."""
        if self.phase not in (Phase.OPENED, Phase.HEAD, Phase.IDLE):
            return False
        self.enter(Phase.HEAD)
        self._head += data
        head, _, _ = self._head.partition(b"\r\n\r\n")
        return bool(_LINE_WITHOUT_CR.search(head) or _FOLDED_LINE.search(head))

    def _refuse(self, problem: Problem) -> None:
        body = problem.to_json()
        head = (
            f"HTTP/1.1 {int(problem.status)} {problem.status.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.enter(Phase.REFUSED)
        self._transport.write(head.encode() + body)

    def _close_after(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self._loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        if self.phase in (Phase.HEAD, Phase.BODY) and not self._transport.is_closing():
            self._refuse(_TIMED_OUT)
        else:
            self.abort()

    def _forget(self) -> None:
        self.is_lost = True
        self._close_after(None)
        self._connections.discard(self)

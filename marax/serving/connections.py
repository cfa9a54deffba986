"""Every connection of a server: its TLS, its deadlines, and its turn.

uvicorn parses the requests; what stands here is what uvicorn leaves open: a client may take only so long
over a request, and any number of silent clients leaves room for the next one.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Any

import h11

from marax.neighbourhood import neighbourhood
from marax.problems import Problem
from marax.serving.heads import fault_on_wire
from marax.serving.http1 import Http1
from marax.serving.inbox import Inbox
from marax.serving.open_connections import OpenConnections
from marax.serving.phases import ANSWER_SECONDS, RECEIVING, REQUEST_SECONDS, SECONDS, Phase
from marax.serving.refusals import MALFORMED, TIMED_OUT, WANTS_TLS, response_of
from marax.serving.tls_transport import TlsTransport

_MOST_RECEIVED_BYTES = 64 * 1024
_SLICE_BYTES = 2 * 1024  # of chunks of one byte, 2 ms
_SLICE_OF_KNOWN_LENGTH_BYTES = 64 * 1024


class Connection(asyncio.Protocol):
    """One connection, around uvicorn's protocol for it; requests have it in `scope["state"]["connection"]`.

    Attributes:
        neighbourhood: Where it comes from.
        phase: What it is busy with; the application's side moves it on by `enter`.
        is_lost: Whether the client has gone; may be read from any thread.
        has_client_ended: Whether it sends no more; it may have gone, or wait for its answer.
    """

    def __init__(self, connections: OpenConnections, **uvicorn: Any) -> None:
        self._connections = connections
        uvicorn["app_state"] = uvicorn["app_state"] | {"connection": self}
        self._http = Http1(on_malformed=lambda: self.refuse(MALFORMED), **uvicorn)
        self._loop = asyncio.get_running_loop()
        self._deadline: asyncio.TimerHandle | None = None
        self._is_open = False
        self._inbox = Inbox()
        self._slice_bytes = _SLICE_BYTES
        self._next_fault: Problem | None = None
        self.has_client_ended = False
        self._is_streaming = False
        self.phase = Phase.OPENED
        self.is_lost = False
        self.neighbourhood = ""

    def begin_request(self) -> Problem | None:
        """Go on to the body of the request whose head was parsed; return what is wrong with that head."""
        fault = self._next_fault
        is_chunked = any(name == b"transfer-encoding" for name, _ in self._http.headers)
        self._slice_bytes = _SLICE_BYTES if is_chunked else _SLICE_OF_KNOWN_LENGTH_BYTES
        self.enter(Phase.BODY)
        self._look_at_next_head()
        return fault

    def begin_stream(self) -> None:
        """Answer as something comes, and not any more once the client has ended its side."""
        self._is_streaming = True
        if self.has_client_ended:
            self.abort()

    def enter(self, phase: Phase) -> None:
        """Go on to *phase* and its deadline; a request has one deadline from its first byte to its last."""
        if self.is_lost or self.phase is Phase.REFUSED:
            return
        if not (self.phase in RECEIVING and phase in RECEIVING):
            self._close_after(SECONDS[phase])
        self.phase = phase
        if phase is Phase.IDLE:
            self._slice_bytes = _SLICE_BYTES
            self._connections.add(self)
            if self.has_client_ended and not (self._inbox or self._is_request_whole()):
                self._transport.close()

    def refuse(self, problem: Problem) -> None:
        """Answer by itself, instead of the application, and close soon; at once where an answer has begun."""
        if self._http.take_request():
            self._transport.write(response_of(problem))
            self.pass_over_rest()
        else:
            self.abort()

    def pass_over_rest(self) -> None:
        """Parse nothing more, as the request is refused; close soon: a reset might overtake the answer."""
        self.enter(Phase.REFUSED)
        self._inbox.clear()
        self._connections.turns.discard(self)
        self._transport.resume_reading()
        with suppress(OSError):  # the client has reset the connection, which is not known yet
            self._transport.write_eof()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()
        self._forget()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is one for every TCP socket
        self._transport = transport
        self.neighbourhood = neighbourhood(transport.get_extra_info("peername", ("",))[0])
        self._close_after(REQUEST_SECONDS)
        self._connections.add(self)
        tls = self._connections.tls()
        if tls is None:
            self._open(transport)
        else:
            self._inbox.stream = TlsTransport(transport, tls)

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.REFUSED:
            return
        self._inbox.add(data)
        if len(self._inbox) > _MOST_RECEIVED_BYTES:
            self._transport.pause_reading()
        self._connections.turns.add(self)

    def parse_slice(self) -> bool:
        """Parse a few KiB of what has arrived, and return whether there is more."""
        try:
            data = self._inbox.take(self._slice_bytes)
        except ssl.SSLError as error:
            self._end_tls(error)
            return False
        if self._inbox.stream is not None and self._inbox.stream.is_secured and not self._is_open:
            self._open(self._inbox.stream)
        if data and self.phase is not Phase.REFUSED:
            self._parse(data)
        if self._inbox:
            return True
        if self.has_client_ended and not self._may_be_answered():
            self._transport.close()
        elif self._is_open and not self._http.flow.read_paused:
            self._transport.resume_reading()
        return False

    def eof_received(self) -> bool:
        """Note that the client sends no more; return whether it is still to be answered."""
        self.has_client_ended = True
        return bool(self._inbox) or self._may_be_answered()

    def pause_writing(self) -> None:
        if self.phase is Phase.RUNNING:
            self._close_after(ANSWER_SECONDS)
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

    def _end_tls(self, error: ssl.SSLError) -> None:
        self._inbox.clear()
        if error.reason == "HTTP_REQUEST":
            self.refuse(WANTS_TLS)
        elif self._inbox.stream is not None:
            self._inbox.stream.close()

    def _open(self, transport: asyncio.Transport) -> None:
        self._is_open = True
        self._transport = transport
        self._http.connection_made(transport)

    def _parse(self, data: bytes) -> None:
        if self._http.conn.their_state is h11.IDLE:
            self.enter(Phase.HEAD)
            fault = fault_on_wire(self._unparsed() + data)
            if fault is not None:
                self.refuse(fault)
                return
        self._http.data_received(data)
        if self.phase in (Phase.BODY, Phase.RUNNING, Phase.ANSWERING):
            self._look_at_next_head()

    def _look_at_next_head(self) -> None:
        self._next_fault = fault_on_wire(self._unparsed()) if self._is_request_whole() else None

    def _may_be_answered(self) -> bool:
        return self._is_request_whole() and not self._is_streaming and self.phase is not Phase.REFUSED

    def _is_request_whole(self) -> bool:
        return self._http.conn.their_state in (h11.DONE, h11.MUST_CLOSE)

    def _unparsed(self) -> bytes:
        data, _ = self._http.conn.trailing_data
        return data

    def _close_after(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self._loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        if self.phase in (Phase.HEAD, Phase.BODY) and not self._transport.is_closing():
            self.refuse(TIMED_OUT)
        else:
            self.abort()

    def _forget(self) -> None:
        self.is_lost = True
        self._inbox.clear()
        self._close_after(None)
        self._connections.discard(self)
        self._connections.turns.discard(self)

"""One HTTP GET, hard-bounded in time and size; a thousand at once on one thread.

It speaks HTTP/1.0: the answer then never comes in chunks and ends with its length or the connection. No
redirect is followed and no proxy used: what answers is what was asked.
"""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from alertbridge.http_get.errors import Failure, failure_of, manners, not_http
from marax.settings.secret import Secret

_HEAD_BYTES = 64 * 1024
_CHUNK_BYTES = 64 * 1024
_STATUS = re.compile(rb"1\.[01] ([1-5][0-9]{2})(?: |\r)")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([0-9]{1,18})[ \t]*\r$")

Resolved = Sequence[tuple[Any, ...]]
Resolve = Callable[[str, int, int, int], Resolved]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for: *path* with its query; *tls* where it is https."""

    host: str
    port: int
    path: str
    accept: str = "*/*"
    tls: ssl.SSLContext | None = None
    authorization: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole HTTP answer, whatever its status; its body is empty where something else has taken it."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """The deadline passed while *stage*.

    That is `looking up its name`, `connecting`, `agreeing on TLS` or `waiting for its answer`.
    """

    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """No answer can be had; *reason* says why, in words and without text from outside."""

    reason: str
    failure: Failure = Failure.NETWORK


@dataclass(frozen=True, slots=True, kw_only=True)
class NotHttp:
    """The far side took the connection and then did not speak HTTP; *reason* says what it did, as above."""

    reason: str


Outcome = Answer | TimedOut | NoAnswer | NotHttp


class Body(Protocol):
    """Takes the body of an answer as it comes, and keeps of it what is needed."""

    def add(self, chunk: bytes) -> None: ...


class HttpGetter:
    """Gets, for coroutines of one event loop. *resolve* is called in a thread and may hang."""

    def __init__(self, resolve: Resolve = socket.getaddrinfo) -> None:
        self._resolve = resolve

    async def get(
        self, request: Request, *, deadline: float, largest_bytes: int, into: Body | None = None
    ) -> Outcome:
        """Return what comes of *request* by *deadline*, on the running loop's clock; never raises.

        With *into*, the body goes there and not into the answer.
        """
        stage = "looking up its name"
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._look_up(request.host, request.port)
                stage = "connecting"
                connection = await _connect(addresses, deadline)
                stage = "agreeing on TLS" if request.tls else stage
                reader, writer = await _streams(connection, request)
                stage = "waiting for its answer"
                try:
                    return await _exchange(reader, writer, request, largest_bytes, into)
                finally:
                    writer.transport.abort()
        except TimeoutError:
            return TimedOut(stage=stage)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionResetError) as error:
            return NotHttp(reason=manners(error))
        except (OSError, UnicodeError) as error:
            failure, reason = failure_of(error)
            return NoAnswer(reason=reason, failure=failure)

    async def _look_up(self, host: str, port: int) -> Resolved:
        with suppress(socket.gaierror, UnicodeError):
            return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Resolved] = loop.create_future()

        def work() -> None:
            try:
                addresses = self._resolve(host, port, 0, socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                hand_over(found.set_exception, error)
            else:
                hand_over(found.set_result, addresses)

        def hand_over(setter: Callable[[Any], None], outcome: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, setter, outcome)

        def settle(setter: Callable[[Any], None], outcome: object) -> None:
            if not found.done():
                setter(outcome)

        # a thread of its own: in a pool, names that hang would delay those that do not, and the exit
        try:
            threading.Thread(target=work, daemon=True).start()
        except RuntimeError as error:
            raise OSError(0, "this machine can start no thread to look up its name") from error
        return await found


async def _connect(addresses: Resolved, deadline: float) -> socket.socket:
    """Return a connection to the first of *addresses* that takes it; each gets its share of the time left."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(0, "its name has no address")
    for left, (family, kind, protocol, _, address) in zip(
        range(len(addresses), 0, -1), addresses, strict=True
    ):
        share_seconds = (deadline - loop.time()) / left
        try:
            connection = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error
            continue
        try:
            connection.settimeout(0)
            async with asyncio.timeout(share_seconds):
                await loop.sock_connect(connection, address)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


async def _streams(
    connection: socket.socket, request: Request
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = request.host if request.tls else None
    return await asyncio.open_connection(
        sock=connection, ssl=request.tls, server_hostname=name, limit=_HEAD_BYTES
    )


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: Request,
    largest_bytes: int,
    into: Body | None,
) -> Outcome:
    writer.write(_head(request))
    start = await reader.readexactly(len(b"HTTP/"))
    if start != b"HTTP/":
        return NotHttp(reason=not_http(start))
    head = await reader.readuntil(b"\r\n\r\n")
    status = _STATUS.match(head)
    if status is None:
        return NotHttp(reason=not_http(head))
    length = _LENGTH.search(head)
    expected_bytes = int(length[1]) if length else None
    whole = _Whole()
    if not await _read_body(reader, expected_bytes, largest_bytes, into or whole):
        return NoAnswer(reason=f"its answer is larger than {largest_bytes / 2**20:g} MiB")
    return Answer(status=int(status[1]), body=bytes(whole.content))


class _Whole:
    def __init__(self) -> None:
        self.content = bytearray()

    def add(self, chunk: bytes) -> None:
        self.content += chunk


async def _read_body(
    reader: asyncio.StreamReader, expected_bytes: int | None, largest_bytes: int, body: Body
) -> bool:
    """Read what follows the head into *body*, up to *largest_bytes*; return whether that was all."""
    received_bytes = 0
    wanted_bytes = largest_bytes + 1 if expected_bytes is None else min(expected_bytes, largest_bytes + 1)
    while received_bytes < wanted_bytes:
        chunk = await reader.read(min(_CHUNK_BYTES, wanted_bytes - received_bytes))
        if not chunk and expected_bytes is not None:
            raise asyncio.IncompleteReadError(b"HTTP/", expected_bytes)
        if not chunk:
            break
        received_bytes += len(chunk)
        body.add(chunk)
    return received_bytes <= largest_bytes


def _head(request: Request) -> bytes:
    host = f"[{request.host}]" if ":" in request.host else request.host
    lines = [
        f"GET {request.path} HTTP/1.0",
        f"Host: {host}:{request.port}",
        "User-Agent: marax-alertbridge",
        f"Accept: {request.accept}",
        "Connection: close",
    ]
    if request.authorization is not None:
        lines.append(f"Authorization: {request.authorization.reveal()}")
    return "\r\n".join([*lines, "", ""]).encode()

"""A mail server on a loopback port, as RFC 5321 has it, that goes wrong where a test says so."""

import asyncio
import ssl
import threading
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

HANG = "hang"
DROP = "drop"
BABBLE = "babble"


@dataclass
class Received:
    """A mail that was taken, or was about to be."""

    sender: str = ""
    recipient: str = ""
    content: bytes = b""
    is_encrypted: bool = False
    login: tuple[str, str] | None = None


@dataclass
class SmtpStandIn:
    """In a test: `with SmtpStandIn() as server: ...`.

    Attributes:
        tls: Offered as STARTTLS; spoken from the first byte if *is_implicit*.
        login: The only user, and the password; anybody may send without one.
        replies: What is said instead, by verb; also GREETING and END, and "RCPT ann@" for those whose address
            begins so. Or one of HANG, DROP and BABBLE.
        takes_all_the_same: Whether a mail is taken whatever is replied to its END.
    """

    port: int = 0
    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    login: tuple[str, str] | None = None
    replies: Mapping[str, str] = field(default_factory=dict)
    takes_all_the_same: bool = False
    messages: list[Received] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(self, *_exception: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        tls = self.tls if self.is_implicit else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        if self._tasks:
            _, still_talking = await asyncio.wait(self._tasks, timeout=0.2)
            for task in still_talking:
                task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await _Dialogue(self, reader, writer).hold()
        except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError, _OverError):
            pass  # the client left, or was dropped, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class _OverError(Exception):
    """The dialogue is over."""


class _Dialogue:
    def __init__(
        self, server: SmtpStandIn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._mail = Received(is_encrypted=server.is_implicit)

    async def hold(self) -> None:
        await self._reply("GREETING", "220 mail.example.org ESMTP")
        while line := await self._line():
            self._server.said.append(line)
            verb, _, argument = line.partition(" ")
            await self._answer(verb.upper(), argument)

    async def _answer(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO":
                await self._reply("EHLO", self._extensions())
            case "STARTTLS":
                await self._turn_to_tls()
            case "AUTH":
                await self._log_in(argument)
            case "MAIL":
                self._mail.sender = _address_in(argument)
                await self._reply("MAIL", "250 2.1.0 Ok")
            case "RCPT":
                self._mail.recipient = _address_in(argument)
                name = f"RCPT {self._mail.recipient.partition('@')[0]}@"
                await self._reply(name if name in self._server.replies else "RCPT", "250 2.1.5 Ok")
            case "DATA":
                await self._take()
            case "QUIT":
                await self._reply("QUIT", "221 2.0.0 Bye")
                raise _OverError
            case _:
                await self._reply(verb, "502 5.5.2 Error: command not recognized")

    def _extensions(self) -> str:
        offered = ["mail.example.org"]
        offered += ["STARTTLS"] if self._server.tls and not self._mail.is_encrypted else []
        offered += ["AUTH PLAIN"] if self._server.login else []
        return "\r\n".join([*(f"250-{one}" for one in offered), "250 8BITMIME"])

    async def _turn_to_tls(self) -> None:
        await self._reply("STARTTLS", "220 2.0.0 Ready to start TLS")
        assert self._server.tls is not None
        await self._writer.start_tls(self._server.tls)
        self._mail.is_encrypted = True

    async def _log_in(self, argument: str) -> None:
        _, _, encoded = argument.partition(" ")
        _, user, password = b64decode(encoded).decode().split("\0")
        if (user, password) == self._server.login:
            self._mail.login = (user, password)
            await self._reply("AUTH", "235 2.7.0 Authentication successful")
        else:
            await self._reply("AUTH", f"535 5.7.8 Error: authentication failed: {encoded} {password}")

    async def _take(self) -> None:
        await self._reply("DATA", "354 End data with <CR><LF>.<CR><LF>")
        content = b"\r\n" + await self._reader.readuntil(b"\r\n.\r\n")
        self._mail.content = content[2:-3].replace(b"\r\n..", b"\r\n.")
        if "END" not in self._server.replies or self._server.takes_all_the_same:
            self._server.messages.append(self._mail)
        await self._reply("END", f"250 2.0.0 Ok: queued as {len(self._server.messages)}")

    async def _line(self) -> str:
        return (await self._reader.readuntil(b"\r\n")).decode().strip()

    async def _reply(self, verb: str, usual: str) -> None:
        text = self._server.replies.get(verb, usual)
        if text == DROP:
            self._writer.transport.abort()
            raise _OverError
        if text == HANG:
            await asyncio.sleep(60)
        while text == BABBLE:
            self._writer.write(b"250-and another thing\r\n" * 100)
            await self._writer.drain()
        self._writer.write(f"{text}\r\n".encode())
        await self._writer.drain()
        if not text.startswith(("2", "3")) and verb == "GREETING":
            raise _OverError


def _address_in(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]

"""Serving a WSGI application over HTTP and HTTPS, so that what must be answered is answered."""

import asyncio
import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from wsgiref.types import WSGIApplication

import uvicorn

from marax.commandline import CannotReachError
from marax.serving.asgi import AsgiGate
from marax.serving.connections import Connection
from marax.serving.heads import LARGEST_HEAD_BYTES
from marax.serving.open_connections import OpenConnections
from marax.serving.phases import IDLE_SECONDS
from marax.serving.web_config import WebConfig, read_web_config
from marax.settings.addresses import Address
from marax.threads import DaemonThreads

_MOST_CONNECTIONS = 256
# A thread that computes holds up an answer for this long, rather than for Python's 5 ms
_SWITCH_SECONDS = 0.001
_ACCEPTED_AT_ONCE = 128
# A flood may open more connections in a turn of the event loop than are accepted; what does not fit waits 1 s
_BACKLOG = 1024
_GRACE_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """Where and how to serve.

    Attributes:
        address: Port 0 is any free port.
        body_limit_bytes: The largest body of a request.
        web_config_file: In exporter-toolkit's format; None for plain HTTP.
    """

    address: Address
    body_limit_bytes: int = 64 * 1024
    web_config_file: Path | None = None


class Server:
    """Serves *app* on one address: `bind`, then `run`.

    Requests by monitoring have two threads to themselves and are answered at once, whatever all other clients
    do; eight threads answer the rest. The metrics are for the web config's `basic_auth_users`, if it has any.
    """

    def __init__(self, app: WSGIApplication, settings: ServingSettings) -> None:
        self._settings = settings
        self._web = WebConfig()
        self._socket: socket.socket | None = None
        self._connections = OpenConnections(most=_MOST_CONNECTIONS, tls=lambda: self._web.tls)
        gate = AsgiGate(
            app,
            body_limit_bytes=settings.body_limit_bytes,
            basic_auth=lambda: self._web.basic_auth,
            headers=lambda: self._web.headers,
        )
        self._uvicorn = _Uvicorn(_uvicorn_config(gate, self._connections))

    def bind(self) -> Address:
        """Begin to listen, and return the real address; clients wait until `run`.

        Raises:
            CannotReachError: The address cannot be had; says why, and the next step.
            SettingsError: The web config, or a file it names, cannot be used.
        """
        self.reload_certificates()
        self._socket = _listen(self._settings.address)
        host, port = self._socket.getsockname()[:2]
        return Address(host, port)

    def run(
        self,
        *,
        on_ready: Callable[[], None],
        on_hangup: Callable[[], object],
        on_ending: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve until SIGTERM, SIGINT or `stop`; requests under way then have 5 s to end.

        Signals are heeded in the main thread only. SIGHUP calls *on_hangup* in a thread of its own.
        *on_ending* is called before those requests are waited for.
        """
        sys.setswitchinterval(_SWITCH_SECONDS)
        if self._socket is None:
            raise RuntimeError("bind() comes before run()")
        with self._socket as listening, _end_quietly(self.stop) if _in_main_thread() else nullcontext():

            def ready() -> None:
                listening.listen(_BACKLOG)  # asyncio has set it to what it accepts at once
                on_ready()

            self._uvicorn.on_ready, self._uvicorn.on_ending = ready, on_ending
            asyncio.run(self._serve(listening, on_hangup))

    def stop(self) -> None:
        """Make `run` return, soon; may be called from any thread, and before `run`."""
        self._uvicorn.end()

    def reload_certificates(self) -> None:
        """Read the web config again; connections made from now on follow it.

        Raises:
            SettingsError: It cannot be used; the one before stays in force.
        """
        if self._settings.web_config_file is not None:
            self._web = read_web_config(self._settings.web_config_file)

    async def _serve(self, listening: socket.socket, on_hangup: Callable[[], object]) -> None:
        if _in_main_thread():
            loop = asyncio.get_running_loop()
            hangups = DaemonThreads(1, name="hangup")
            loop.add_signal_handler(signal.SIGHUP, partial(loop.run_in_executor, hangups, on_hangup))
        try:
            await self._uvicorn.serve([listening])
        finally:
            self._connections.abort()
            await asyncio.sleep(0)


class _Uvicorn(uvicorn.Server):
    """uvicorn that sleeps until it is told to end: left to itself it looks ten times a second.

    Attributes:
        on_ready: Called once requests are answered.
        on_ending: Called before requests under way are waited for.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.on_ready: Callable[[], None] = lambda: None
        self.on_ending: Callable[[], None] = lambda: None
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Have `serve` end, soon; may be called from any thread, at any time."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._ending.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.end()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        self.on_ready()
        if not self.should_exit:
            await self._ending.wait()
        self.on_ending()


def _uvicorn_config(gate: AsgiGate, connections: OpenConnections) -> uvicorn.Config:
    return uvicorn.Config(
        gate,
        http=partial(Connection, connections),  # type: ignore[arg-type] # uvicorn only calls it
        ws="none",
        lifespan="off",
        interface="asgi3",
        workers=1,
        backlog=_ACCEPTED_AT_ONCE,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the gate's: uvicorn would have to wake up each second for it
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
    )


def _listen(address: Address) -> socket.socket:
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server(
            (address.host, address.port),
            family=family,
            backlog=_BACKLOG,
            dualstack_ipv6=address.host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number in errno.errorcode else error.strerror
        step = _NEXT_STEP.get(number, "listen on another address").format(port=address.port)
        raise CannotReachError(f"cannot listen on {address}: {reason}; {step}") from error
    # Accepted sockets inherit it. Without it, a client that acknowledges late holds up each answer by 40 ms
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


_NEXT_STEP = {
    errno.EADDRINUSE: "`ss -ltnp sport = :{port}` shows what uses it: stop that, or choose another port",
    errno.EACCES: "listen on a port above 1023, or grant the program CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "listen on one of this host's addresses, which `ip address` lists",
}


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _end_quietly(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT end in *stop* only: uvicorn raises a signal that it has served once more."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

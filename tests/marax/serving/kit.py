"""A small WSGI application on `marax.serving.server`, in a process or a thread, and clients for it.

Run as a program, it serves on a free port, with the web config named by its only, optional argument. It says
on stdout `ready PORT`, and after each SIGHUP `reloaded` or `kept` and the mistake.
"""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import psutil

from marax.serving.server import Server, ServingSettings
from marax.settings.addresses import Address
from marax.settings.mistakes import SettingsError
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]
BODY_LIMIT_BYTES = 64 * 1024
EXPOSITION = b"".join(b'made_up_total{number="%d"} 1\n' % number for number in range(2000))


@dataclass
class TinyApp:
    """Answers `/metrics`, `/seen` (what has reached it), `/sleep/SECONDS`, `/stream`, and echoes the rest."""

    seen: list[str] = field(default_factory=list)
    open_streams: int = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/seen":
            return self._answer(start_response, json.dumps([self.seen, self.open_streams]).encode())
        self.seen.append(f"{environ['REQUEST_METHOD']} {path}")
        if path == "/metrics":
            return self._answer(start_response, EXPOSITION)
        if path.endswith("/large"):
            return self._answer(start_response, bytes(8 * 1024 * 1024))
        if path == "/stream":
            start_response("200 OK", [("Content-Type", "text/event-stream")])
            return self._stream()
        if path.startswith("/sleep/"):
            time.sleep(float(path.removeprefix("/sleep/")))
        if path == "/crash":
            raise RuntimeError("the application is broken")
        return self._answer(start_response, json.dumps(self._echo(environ)).encode())

    def _answer(self, start_response: StartResponse, body: bytes) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def _echo(self, environ: WSGIEnvironment) -> dict[str, object]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "scheme": environ["wsgi.url_scheme"],
            "thread": threading.current_thread().name.rpartition("-")[0],
            "headers": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
            "body": environ["wsgi.input"].read(length).decode("latin-1"),
        }

    def _stream(self) -> Iterator[bytes]:
        self.open_streams += 1
        try:
            while True:
                yield b"data: tick\n\n"
                time.sleep(0.05)
        finally:
            self.open_streams -= 1


@dataclass(frozen=True)
class Served:
    """Something served, and how to speak to it."""

    address: Address
    process: "subprocess.Popen[str] | None" = None
    client_tls: ssl.SSLContext | None = None

    def connect(self, *, timeout_seconds: float = PATIENCE_SECONDS) -> socket.socket:
        plain = socket.create_connection((self.address.host, self.address.port), timeout_seconds)
        return self.client_tls.wrap_socket(plain, server_hostname="localhost") if self.client_tls else plain

    def get(self, path: str, **request: object) -> tuple[HTTPResponse, bytes]:
        return self.request("GET", path, **request)

    def request(self, method: str, path: str, **request: object) -> tuple[HTTPResponse, bytes]:
        with contextlib.closing(self._http()) as connection:
            connection.request(method, path, **request)  # type: ignore[arg-type]
            response = connection.getresponse()
            return response, response.read()

    def _http(self) -> HTTPConnection:
        host, port = "localhost", self.address.port
        if self.client_tls is None:
            return HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
        return HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=self.client_tls)

    def say(
        self,
        wire: bytes,
        *,
        answers: int | None = None,
        answer_seconds: float = PATIENCE_SECONDS,
        silence_seconds: float = 0.3,
    ) -> bytes:
        """Return what is answered to *wire* until the server closes or is silent for a while.

        With *answers*, wait until so many have begun, however slowly they come.
        """
        answer = b""
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(wire)
            connection.settimeout(answer_seconds)
            with contextlib.suppress(TimeoutError, ConnectionError):
                while answer.count(b"HTTP/1.1 ") != answers and (piece := connection.recv(65536)):
                    answer += piece
                    if answers is None:
                        connection.settimeout(silence_seconds)
        return answer

    def seen(self) -> list[str]:
        """Return the requests that have reached the application."""
        seen: list[str] = json.loads(self.get("/seen")[1])[0]
        return seen

    def open_streams(self) -> int:
        streams: int = json.loads(self.get("/seen")[1])[1]
        return streams

    def rss_bytes(self) -> int:
        return self._stats().memory_info().rss

    def descriptors(self) -> int:
        return self._stats().num_fds()

    def _stats(self) -> psutil.Process:
        assert self.process is not None
        return psutil.Process(self.process.pid)


def read_response(connection: socket.socket) -> tuple[int, bytes]:
    response = HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


@contextlib.contextmanager
def served_in_a_process(
    web_config: Path | None = None, client_tls: ssl.SSLContext | None = None
) -> Iterator[Served]:
    argv = [sys.executable, "-m", "tests.marax.serving.kit", *([str(web_config)] if web_config else [])]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, port = process.stdout.readline().split()
            assert word == "ready"
            yield Served(Address("127.0.0.1", int(port)), process, client_tls)
        finally:
            process.kill()


@contextlib.contextmanager
def served_in_a_thread(
    web_config: Path | None = None,
    client_tls: ssl.SSLContext | None = None,
    *,
    settings: ServingSettings | None = None,
) -> Iterator[tuple[Served, Server]]:
    server = Server(TinyApp(), settings or _settings(web_config))
    address = server.bind()
    ready = threading.Event()
    thread = threading.Thread(target=lambda: server.run(on_ready=ready.set, on_hangup=lambda: None))
    thread.start()
    try:
        assert ready.wait(PATIENCE_SECONDS)
        yield Served(address, None, client_tls), server
    finally:
        server.stop()
        thread.join(PATIENCE_SECONDS)


def _settings(web_config: Path | None) -> ServingSettings:
    return ServingSettings(address=Address("127.0.0.1", 0), web_config_file=web_config)


def _main(argv: list[str]) -> None:
    server = Server(TinyApp(), _settings(Path(argv[0]) if argv else None))
    port = server.bind().port

    def on_hangup() -> None:
        try:
            server.reload_certificates()
        except SettingsError as error:
            _say(f"kept {error}")
        else:
            _say("reloaded")

    server.run(on_ready=lambda: _say(f"ready {port}"), on_hangup=on_hangup)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(sys.argv[1:])

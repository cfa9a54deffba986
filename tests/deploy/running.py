"""A real Alertmanager on loopback, and a receiver of its webhook."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

from scripts.stack.part import Part, Program
from scripts.stack.ports import free_addresses
from tests.deploy import shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post that the receiver got."""

    path: str
    authorization: str | None
    payload: Any


class Receiver:
    """Keeps every post, in its order."""

    def __init__(self, url: str, posts: "Queue[Post]") -> None:
        self.url = url
        self._posts = posts

    def next_post(self, *, timeout_seconds: float) -> Post:
        """Return the oldest post that was not returned yet, waiting for it if need be."""
        return self._posts.get(timeout=timeout_seconds)


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Answer every post with 200 until the end of the block."""
    posts: Queue[Post] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.put(
                Post(path=self.path, authorization=self.headers["Authorization"], payload=json.loads(body))
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
            """Say nothing: pytest shows what matters."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Receiver(f"http://127.0.0.1:{server.server_port}", posts)
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running_alertmanager(config: Path) -> Iterator[str]:
    """Run Alertmanager with *config* until the end of the block; gives its URL once it is ready."""
    [address] = free_addresses(1)
    command = (
        shipped.program("alertmanager", "prometheus-alertmanager"),
        f"--config.file={config}",
        f"--storage.path={config.parent / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    )
    log = config.parent / "alertmanager.log"
    part = Part(Program(name="alertmanager", argv=command, address=address, log=log))
    part.start()
    try:
        part.wait_until_ready()
        yield f"http://{address}"
    finally:
        part.stop()

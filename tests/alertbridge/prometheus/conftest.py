"""Small servers that answer as Prometheus and Alertmanager do."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, object]], str]]:
    """Return a function that serves *answers*, JSON by the beginning of the path, and returns the address."""
    with ExitStack() as ends:

        def start(answers: dict[str, object]) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    found = [answer for path, answer in answers.items() if self.path.startswith(path)]
                    self.send_response(200 if found else 404)
                    self.end_headers()
                    self.wfile.write(json.dumps(found[0] if found else {}).encode())

                def log_message(self, *_args: object) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            ends.callback(thread.join)
            ends.callback(server.server_close)
            ends.callback(server.shutdown)
            return f"127.0.0.1:{server.server_address[1]}"

        yield start

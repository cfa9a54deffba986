"""A loopback server that behaves as Mailgun's messages and events are documented, and goes wrong on demand.

In a test: `with MailgunStandIn() as mailgun: ...`. As a process of its own, which prints its address:
`python -m tests.standin.mailgun --domain mg.example.org --key-file FILE [--record FILE] [--faults SPEC]`;
`PUT /standin/faults` with a SPEC changes the faults, `GET /standin/messages` shows what was accepted.
"""

import argparse
import contextlib
import socket
import ssl
import struct
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from marax.settings.secret import read_secret
from tests.standin.mailgun_account import Account, Manner, Message
from tests.standin.mailgun_faults import Fault, Faults, Reply, saying
from tests.standin.mailgun_rules import LARGEST_REQUEST_BYTES

_LONGEST_HANG_SECONDS = 600.0
_NO_REPLY = (Fault.RESET, Fault.RESET_ACCEPTED, Fault.HANG, Fault.HANG_ACCEPTED)


class MailgunStandIn:
    """Mailgun's messages and events on a loopback port, for one domain.

    Args:
        port: 0 for any free one.
        tls: Serve https with it.
        manner: The rest, as `Manner` has it.
    """

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None, **manner: Any) -> None:
        self._account = Account(Manner(**manner))
        self._server = _Server(port, self._account, tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def messages(self) -> list[Message]:
        """What has been accepted so far."""
        return self._account.messages

    def misbehave(self, weights: str, *, seed: int = 0) -> None:
        """Go wrong from now on as *weights* says, for which see `Faults`."""
        self._account.misbehave(Faults(weights, seed=seed))

    def behave(self) -> None:
        """Go wrong no more."""
        self._account.misbehave(Faults())

    def serve(self) -> None:
        """Answer until `stop`."""
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """End `serve`, and every answer that still hangs."""
        self._server.is_stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, account: Account, tls: ssl.SSLContext | None) -> None:
        self.is_stopping = threading.Event()
        super().__init__(("127.0.0.1", port), partial(_Handler, account, self.is_stopping))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def shutdown_request(self, request: Any) -> None:
        # The usual shutdown would say goodbye first, and a reset must not
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that left is no error
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, account: Account, is_stopping: threading.Event, *connection: Any) -> None:
        self._account = account
        self._is_stopping = is_stopping
        super().__init__(*connection)

    def do_POST(self) -> None:
        body = self._body()
        refusal = self._account.refusal(self.path, self.headers.get("Authorization", ""))
        if refusal or body is None:
            self._answer(refusal or saying(413, "Request Entity Too Large"))
            return
        self._reply(*self._account.post(self.headers.get("Content-Type", ""), body))

    def do_GET(self) -> None:
        if self.path == "/standin/messages":
            lines = ",".join(message.as_json() for message in self._account.messages)
            self._answer(Reply(200, f"[{lines}]".encode(), {"Content-Type": "application/json"}))
        else:
            self._reply(*self._account.events(self.path, self.headers.get("Authorization", "")))

    def _reply(self, reply: Reply, fault: Fault | None) -> None:
        if fault in _NO_REPLY:
            self._leave_without_a_word(fault)
        elif fault is Fault.PARTIAL_ACCEPTED:
            self._answer(reply, missing_bytes=len(reply.body) // 2)
        else:
            self._answer(reply)

    def do_PUT(self) -> None:
        body = self._body()
        try:
            self._account.misbehave(Faults((body or b"").decode()))
        except ValueError as error:
            self._answer(saying(400, str(error)))
        else:
            self._answer(Reply(200, b""))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
        pass

    def _body(self) -> bytes | None:
        """Return the body; None when it is too large, in which case it has been read all the same."""
        length = int(self.headers.get("Content-Length", "0"))
        if length <= LARGEST_REQUEST_BYTES:
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionAbortedError("the client left before its request was whole")
            return body
        for _ in range(length // 65536 + 1):
            self.rfile.read(min(65536, length))
            length -= 65536
        return None

    def _answer(self, reply: Reply, *, missing_bytes: int = 0) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) - missing_bytes])
        self.close_connection = missing_bytes > 0 or self.close_connection

    def _leave_without_a_word(self, fault: Fault) -> None:
        if fault in (Fault.HANG, Fault.HANG_ACCEPTED):
            self._is_stopping.wait(_LONGEST_HANG_SECONDS)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--record", type=Path, help="append accepted messages to this file, as lines of JSON")
    parser.add_argument("--faults", default="", help="such as 429-body=10,500=5: so many calls in a hundred")
    parser.add_argument("--seed", type=int, default=0, help="of the choice which calls go wrong")
    parser.add_argument("--wait-seconds", type=float, default=2.0, help="how long the limits of 429-... last")
    given = parser.parse_args()
    standin = MailgunStandIn(
        domain=given.domain,
        api_key=read_secret(given.key_file).reveal(),
        port=given.port,
        record=given.record,
        wait_seconds=given.wait_seconds,
    )
    standin.misbehave(given.faults, seed=given.seed)
    sys.stdout.write(f"{standin.url}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        standin.serve()


if __name__ == "__main__":
    main()

import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alertbridge.background.heartbeat_ping import HeartbeatPing
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses


class Watcher(ThreadingHTTPServer):
    """Somebody outside who counts the pings, and answers with *status*."""

    def __init__(self) -> None:
        self.pings: list[str] = []
        self.status = 200
        self.has_been_pinged = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> HttpUrl:
        return HttpUrl.from_setting(f"http://127.0.0.1:{self.server_address[1]}/a-uuid")


class _Handler(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.pings.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()
        self.server.has_been_pinged.set()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def watcher():
    with Watcher() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@contextmanager
def running(task: Callable[[threading.Event], None]):
    is_over = threading.Event()
    thread = threading.Thread(target=task, args=(is_over,))
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(10)


def test_passes_a_heartbeat_on(watcher):
    ping = HeartbeatPing(lambda: watcher.url)
    with running(ping.run):
        assert watcher.pings == []
        ping.note_beat()

        assert watcher.has_been_pinged.wait(10)

    assert watcher.pings == ["/a-uuid"]


def test_says_once_that_it_fails_and_once_that_it_works_again(watcher, caplog):
    caplog.set_level("INFO")
    ping = HeartbeatPing(lambda: watcher.url)
    for status in (200, 500, 500, 200, 200):
        watcher.status = status
        ping.send()

    assert [record.message for record in caplog.records] == [
        "the ping URL cannot be reached",
        "the ping URL can be reached again",
    ]


def test_nobody_there_is_no_surprise(caplog):
    (address,) = free_addresses(1)

    HeartbeatPing(lambda: HttpUrl.from_setting(f"http://{address}/a-uuid")).send()

    assert [record.reason for record in caplog.records] == ["connection refused"]
    assert "a-uuid" not in caplog.text


def test_without_a_url_nothing_is_sent(watcher, caplog):
    HeartbeatPing(lambda: None).send()

    assert watcher.pings == []
    assert caplog.records == []

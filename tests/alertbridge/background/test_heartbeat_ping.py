import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alertbridge.background.heartbeat_ping import HeartbeatPing
from alertbridge.background.settings import HeartbeatSettings
from alertbridge.prometheus.settings import HttpUrl
from scripts.stack.ports import free_addresses
from tests.fakes.live_config import FakeLiveConfig


class Watcher(ThreadingHTTPServer):
    """Somebody outside who counts the pings, and answers with *status*."""

    def __init__(self) -> None:
        self.pings: list[str] = []
        self.authorizations: list[str | None] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> HttpUrl:
        return HttpUrl.from_setting(f"http://127.0.0.1:{self.server_address[1]}/a-uuid")


class _Handler(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.pings.append(self.path)
        self.server.authorizations.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.end_headers()

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


def a_ping(url: HttpUrl | None) -> HeartbeatPing:
    return HeartbeatPing(FakeLiveConfig(heartbeat=HeartbeatSettings(ping_url=url)))


def test_passes_heartbeats_on_as_one_ping(watcher):
    ping = a_ping(watcher.url)
    ping.run()
    assert watcher.pings == []

    ping.note_beat()
    ping.note_beat()
    ping.run()
    ping.run()

    assert watcher.pings == ["/a-uuid"]


def test_says_once_that_it_fails_and_once_that_it_works_again(watcher, caplog):
    caplog.set_level("INFO")
    ping = a_ping(watcher.url)
    for status in (200, 500, 500, 200, 200):
        watcher.status = status
        ping.send()

    assert [record.message for record in caplog.records] == [
        "cannot reach the ping URL",
        "ping URL is reachable again",
    ]


def test_nobody_there_is_no_surprise(caplog):
    (address,) = free_addresses(1)

    a_ping(HttpUrl.from_setting(f"http://{address}/a-uuid")).send()

    assert [record.reason for record in caplog.records] == ["connection refused"]
    assert "a-uuid" not in caplog.text


def test_without_a_url_nothing_is_sent(watcher, caplog):
    a_ping(None).send()

    assert watcher.pings == []
    assert caplog.records == []


def test_sends_the_user_and_the_password_of_the_url(watcher):
    port = watcher.server_address[1]

    a_ping(HttpUrl.from_setting(f"http://ann:s%3Acret@127.0.0.1:{port}/a-uuid")).send()
    a_ping(watcher.url).send()

    assert watcher.authorizations == ["Basic YW5uOnM6Y3JldA==", None]

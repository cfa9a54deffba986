"""Every scrape is answered, whatever other clients do: real sockets, the server in a process of its own."""

import contextlib
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.marax.serving import attackers
from tests.marax.serving.certificates import make_certificates
from tests.marax.serving.kit import EXPOSITION, Served, served_in_a_process
from tests.waiting import wait_until

pytestmark = pytest.mark.alone

ATTACK_SECONDS = 6.0
SILENT, SLOW_HEAD, SLOW_BODY, BLOCKED = 100, 60, 60, 40
LOOP_SECONDS = 3.0
OURS, ANOTHER = "127.0.0.1", "127.0.0.66"
LOOPS = [
    ("tiny chunks", 16, ANOTHER),
    ("health", 60, ANOTHER),
    ("identical scrapes", 60, ANOTHER),
    ("different scrapes", 60, ANOTHER),
    ("identical scrapes", 40, OURS),
]


@pytest.mark.attack(60)
@pytest.mark.timeout(60)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_answers_every_scrape_under_attack_and_recovers(scheme: str, tmp_path: Path):
    certificates = make_certificates(tmp_path)
    secure = (certificates.web_config(), certificates.client())
    with served_in_a_process(*(secure if scheme == "https" else ())) as served:
        _scrape_seconds(served)
        quiet = (served.rss_bytes(), served.descriptors())

        with _attackers(served):
            seconds = [_scrape_seconds(served) for _ in _every(0.25, for_seconds=ATTACK_SECONDS)]
            peak = (served.rss_bytes(), served.descriptors())

        assert max(seconds) < 1.0
        assert peak[1] <= quiet[1] + 256
        wait_until(lambda: served.descriptors() <= quiet[1] + 1, "all connections are closed")
        assert served.rss_bytes() < quiet[0] + 30e6


@pytest.mark.attack(60)
@pytest.mark.timeout(60)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("attack", "connections", "address"), LOOPS)
def test_answers_every_scrape_beside_clients_in_a_loop(
    attack: str, connections: int, address: str, scheme: str, tmp_path: Path
):
    certificates = make_certificates(tmp_path)
    secure = (certificates.web_config(), certificates.client())
    with served_in_a_process(*(secure if scheme == "https" else ())) as served:
        _scrape_seconds(served)

        with _attacked(served, attack, connections, address) as attackers:
            seconds = [_scrape_seconds(served) for _ in _every(0.25, for_seconds=LOOP_SECONDS)]
            statuses = json.loads(attackers.communicate()[0])

    sys.stdout.write(f"{attack} {scheme}: at most {max(seconds):.3f} s, {statuses}\n")
    assert sum(statuses.values()) > connections
    assert max(seconds) < 1.0


@contextlib.contextmanager
def _attacked(served: Served, attack: str, connections: int, address: str) -> Iterator[subprocess.Popen[str]]:
    scheme = "https" if served.client_tls else "http"
    options = [str(served.address.port), scheme, attack, str(connections), str(LOOP_SECONDS), address]
    with subprocess.Popen(
        [sys.executable, attackers.__file__, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _scrape_seconds(served: Served) -> float:
    began = time.monotonic()
    response, body = served.get("/metrics")
    assert (response.status, body) == (200, EXPOSITION)
    return time.monotonic() - began


@contextlib.contextmanager
def _attackers(served: Served):
    silent = [_plain(served) for _ in range(SILENT)]
    slow_head = [_begin(served, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ") for _ in range(SLOW_HEAD)]
    slow_body = [
        _begin(served, b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(SLOW_BODY)
    ]
    blocked = [_begin(served, b"GET /sleep/3 HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(BLOCKED)]
    over = threading.Event()
    dribbler = threading.Thread(target=_dribble, args=(slow_head + slow_body, over))
    dribbler.start()
    try:
        yield
    finally:
        over.set()
        dribbler.join()
        for connection in silent + slow_head + slow_body + blocked:
            connection.close()


def _plain(served: Served) -> socket.socket:
    return socket.create_connection((served.address.host, served.address.port), 5)


def _begin(served: Served, wire: bytes) -> socket.socket:
    connection = served.connect()
    connection.sendall(wire)
    return connection


def _dribble(connections: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(0.25):
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(b"x")


def _every(seconds: float, *, for_seconds: float):
    began = time.monotonic()
    for number in itertools.count():
        if number * seconds >= for_seconds:
            return
        time.sleep(max(0.0, began + number * seconds - time.monotonic()))
        yield number

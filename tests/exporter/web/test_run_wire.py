"""`/run` on real sockets, behind the real server."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marax.serving.server import Server, ServingSettings
from marax.settings.addresses import Address
from tests.exporter.commands.kit import Host, bearing, host_in
from tests.exporter.commands.naps import nappers, new_nap, wait_for_nap, wait_until_gone
from tests.waiting import PATIENCE_SECONDS, wait_until

HEADERS = bearing("operator") | {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Served:
    host: Host
    port: int

    @contextlib.contextmanager
    def asked(self, command: str, *, query: str = "", **arguments: str) -> Iterator[http.client.HTTPResponse]:
        body = json.dumps({"command": command, "arguments": arguments})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", f"/run?{query}", body, HEADERS)
            yield connection.getresponse()

    def get(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=HEADERS)
            assert connection.getresponse().status == 200


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    host = host_in(tmp_path)
    server = Server(host.app, ServingSettings(address=Address("127.0.0.1", 0)))
    port, ready = server.bind().port, threading.Event()
    thread = threading.Thread(target=lambda: server.run(on_ready=ready.set, on_hangup=lambda: None))
    thread.start()
    try:
        assert ready.wait(PATIENCE_SECONDS)
        yield Served(host, port)
    finally:
        host.runner.end_all()
        server.stop()
        thread.join(PATIENCE_SECONDS)


def events(stream: http.client.HTTPResponse) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the events of *stream* as they come."""
    kind = ""
    while line := stream.readline().decode():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ").strip()
        if line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


@pytest.mark.attack(43)
def test_the_output_comes_while_the_command_runs(served: Served, tmp_path: Path):
    flag = tmp_path / "flag"
    script = f"echo first; until [ -e {flag} ]; do sleep 0.05; done; echo second; exit 7"
    with served.asked("sh", script=script, query="stream") as stream:
        coming = events(stream)

        first = next(coming)
        flag.touch()
        second, end = list(coming)

    assert (stream.status, stream.getheader("Content-Type")) == (200, "text/event-stream; charset=utf-8")
    assert (first, second) == (("output", {"text": "first\n"}), ("output", {"text": "second\n"}))
    assert (end[0], end[1]["exit_code"]) == ("end", 7)


@pytest.mark.parametrize("query", ["stream", ""])
def test_the_connection_serves_the_next_request(served: Served, query: str):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection):
        for _ in range(2):
            connection.request("POST", f"/run?{query}", b'{"command": "plain"}', HEADERS)
            answer = connection.getresponse()
            assert (answer.status, b"succeeded" in answer.read()) == (200, True)


@pytest.mark.attack(41, 43)
def test_a_client_that_leaves_its_stream_ends_the_run(served: Served):
    nap = new_nap()
    with served.asked("nap", seconds=nap, query="stream"):
        wait_for_nap(nap)

    wait_until_gone(nap)
    wait_until(lambda: not served.host.runner.running())
    assert served.host.audited()[-1]["outcome"] == "aborted"


def test_a_client_that_does_not_wait_for_the_end_ends_nothing(served: Served):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port)) as connection:
        connection.request("POST", "/run", json.dumps(slowly("sleep 1; touch {marks}", served.host)), HEADERS)

    wait_until(served.host.marks.exists)


def slowly(script: str, host: Host) -> dict[str, object]:
    return {"command": "sh", "arguments": {"script": script.format(marks=host.marks)}}


@pytest.mark.attack(43)
def test_a_client_that_reads_nothing_does_not_keep_the_command(served: Served):
    nap = new_nap()
    body = json.dumps({"command": "flood", "arguments": {"text": nap}}).encode()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", served.port))
        head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        client.sendall(
            f"POST /run?stream HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        client.recv(1, socket.MSG_PEEK)  # it runs

        wait_until_gone(nap)
        served.get("/metrics")


@pytest.mark.alone
@pytest.mark.attack(39, 43)
def test_of_many_long_commands_a_few_run_and_nothing_else_suffers(served: Served):
    nap, statuses = new_nap(), []

    def ask(number: int) -> None:
        with served.asked("naps", seconds=nap, query="stream" if number % 2 else "") as answer:
            statuses.append((answer.status, answer.getheader("Retry-After")))
            answer.read()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(thread.is_alive() for thread in threads) <= 4, "all but four are turned away")
    for path in ["/metrics"] * 20 + ["/commands"] * 5:
        served.get(path)  # while they run
    sleeping = [line for line in nappers(nap) if line.startswith("/bin/sleep")]

    served.host.runner.end_all()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert len(sleeping) == 4
    # 503 for those who find the places of their address taken
    assert Counter(statuses) - Counter({(429, "1"): 36, (503, "1"): 36}) == {(200, None): 4}
    assert len(statuses) == 40
    wait_until_gone(nap)


@pytest.mark.alone
def test_a_flood_of_output_costs_no_scrape(served: Served):
    scrapes = []
    with served.asked("flood", text=new_nap(), query="stream") as stream:
        for _ in range(20):
            began = time.monotonic()
            served.get("/metrics")
            scrapes.append(time.monotonic() - began)
        (*_, (_, end)) = events(stream)

    assert max(scrapes) < 5
    assert end["truncated"]

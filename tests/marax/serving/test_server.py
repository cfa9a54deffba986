"""What a server does with requests that are in order, and when it begins and ends; over plain HTTP."""

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Iterator

import pytest

from marax.commandline import CannotReachError
from marax.serving.server import Server, ServingSettings
from marax.settings.addresses import Address
from tests.marax.serving.kit import (
    BODY_LIMIT_BYTES,
    EXPOSITION,
    Served,
    TinyApp,
    read_response,
    served_in_a_process,
    served_in_a_thread,
)
from tests.waiting import PATIENCE_SECONDS, wait_until

HEAD = b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served_in_a_thread() as (served, _):
        yield served


def test_answers_with_no_word_about_itself(shared: Served):
    response, body = shared.get("/metrics")

    assert (response.status, body) == (200, EXPOSITION)
    assert response.headers["Server"] is None
    assert {name.lower() for name in response.headers} == {"date", "content-type", "content-length"}


def test_answers_head_without_a_body(shared: Served):
    answer = shared.say(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"content-length: {len(EXPOSITION)}".encode() in head
    assert body == b""


@pytest.mark.parametrize(("path", "threads"), [("/metrics-of-others", "worker"), ("/-/healthy", "kept")])
def test_keeps_threads_for_the_paths_it_is_told(shared: Served, path: str, threads: str):
    assert json.loads(shared.get(path)[1])["thread"] == threads


@pytest.mark.attack(49)
def test_hands_on_a_chunked_body_whole(shared: Served):
    pieces = [b"a" * 30_000, b"b" * 20_000, b"c"]

    response, body = shared.request("POST", "/x", body=iter(pieces), encode_chunked=True)

    assert response.status == 200
    assert json.loads(body)["body"] == b"".join(pieces).decode()


@pytest.mark.parametrize("extra_bytes", [0, 1])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_takes_a_body_up_to_the_limit(shared: Served, framing: str, extra_bytes: int):
    sent = b"x" * (BODY_LIMIT_BYTES + extra_bytes)
    body = sent if framing == "length" else iter([sent[:1000], sent[1000:]])

    response, answer = shared.request("POST", "/x", body=body, encode_chunked=framing == "chunks")

    if extra_bytes:
        assert response.status == 413
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["Connection"] == "close"
        assert json.loads(answer)["type"] == "urn:marax:problem:body-too-large"
    else:
        assert response.status == 200
        assert len(json.loads(answer)["body"]) == BODY_LIMIT_BYTES


@pytest.mark.attack(49)
def test_refuses_a_large_body_before_the_client_sends_it(shared: Served):
    wire = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\nExpect: 100-continue\r\n\r\n"

    answer = shared.say(wire)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_asks_for_a_body_that_waits_to_be_asked_for(shared: Served):
    with shared.connect() as connection:
        connection.sendall(
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")

        status, body = read_response(connection)
    assert (status, json.loads(body)["body"]) == (200, "ok")


def test_answers_one_request_after_another_on_one_connection(shared: Served):
    with shared.connect() as connection:
        for number in range(3):
            connection.sendall(HEAD % f"/{number}".encode())
            status, body = read_response(connection)
            assert (status, json.loads(body)["path"]) == (200, f"/{number}")


def test_keeps_apart_headers_that_wsgi_would_confuse(shared: Served):
    _, body = shared.get("/x", headers={"X_Forwarded_For": "10.0.0.1", "X-Forwarded-For": "10.0.0.2"})

    assert json.loads(body)["headers"]["HTTP_X_FORWARDED_FOR"] == "10.0.0.2"


def test_answers_500_when_the_application_breaks(shared: Served, caplog: pytest.LogCaptureFixture):
    response, body = shared.get("/crash")

    assert (response.status, body) == (500, b"Internal Server Error")
    assert "the application is broken" in caplog.text


def test_ends_a_stream_when_its_client_leaves(shared: Served):
    with shared.connect() as connection:
        connection.sendall(HEAD % b"/stream")
        assert b"text/event-stream" in connection.recv(1000)
        wait_until(lambda: shared.open_streams() == 1)

    wait_until(lambda: shared.open_streams() == 0)


@pytest.mark.attack(60)
def test_lets_no_slow_reader_hold_a_thread():
    with served_in_a_thread() as (served, _), contextlib.ExitStack() as stack:
        for path in [b"/-/%d/large" % number for number in range(10)] + [b"/large"] * 20:
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect((served.address.host, served.address.port))
            reader.sendall(HEAD % path)
        wait_until(lambda: len(served.seen()) == 30)

        assert served.get("/metrics")[0].status == 200
        assert served.get("/x")[0].status == 200


def test_answers_503_rather_than_queue_without_end():
    with served_in_a_thread() as (served, _), contextlib.ExitStack() as stack:
        for _ in range(64):
            connection = stack.enter_context(served.connect())
            connection.sendall(HEAD % b"/sleep/0.5")
        wait_until(lambda: served.get("/x")[0].status == 503)

        response, body = served.get("/x")

        assert response.headers["Retry-After"] == "1"
        assert json.loads(body)["type"] == "urn:marax:problem:busy"
        assert served.get("/metrics")[0].status == 200


def test_does_not_run_a_queued_request_whose_client_has_left():
    with served_in_a_thread() as (served, _), contextlib.ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(served.connect())
            connection.sendall(HEAD % b"/sleep/0.5")
        with served.connect() as impatient:
            impatient.sendall(HEAD % b"/command")
        served.get("/x")

        assert "GET /command" not in served.seen()


def test_makes_room_by_closing_who_has_waited_longest():
    with served_in_a_thread() as (served, _), contextlib.ExitStack() as stack:
        working = stack.enter_context(served.connect())
        working.sendall(HEAD % b"/sleep/1")
        silent = [stack.enter_context(served.connect()) for _ in range(300)]

        assert served.get("/metrics")[0].status == 200
        assert silent[0].recv(1) == b""
        assert working.recv(10_000).startswith(b"HTTP/1.1 200 OK\r\n")


def test_holds_only_so_many_large_bodies_at_once():
    limit_bytes = 8 * 1024 * 1024
    settings = ServingSettings(address=Address("127.0.0.1", 0), body_limit_bytes=limit_bytes)
    with served_in_a_thread(settings=settings) as (served, _), contextlib.ExitStack() as stack:
        head = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % limit_bytes
        for _ in range(4):
            connection = stack.enter_context(served.connect())
            connection.sendall(head + bytes(limit_bytes - 1))

        wait_until(lambda: served.say(head + bytes(100_000), answer_seconds=0.5).startswith(b"HTTP/1.1 503 "))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_with_0_after_answering_what_is_under_way(number: signal.Signals):
    with served_in_a_process() as served:
        assert served.process is not None
        with served.connect() as connection:
            connection.sendall(HEAD % b"/sleep/1")
            wait_until(lambda: "GET /sleep/1" in served.seen())

            served.process.send_signal(number)

            assert connection.recv(10_000).startswith(b"HTTP/1.1 200 OK\r\n")
        assert served.process.wait(PATIENCE_SECONDS) == 0


def test_ends_in_time_even_if_a_request_never_does():
    with served_in_a_process() as served:
        assert served.process is not None
        with served.connect() as connection:
            connection.sendall(HEAD % b"/sleep/600")
            wait_until(lambda: "GET /sleep/600" in served.seen())

            served.process.terminate()

            assert served.process.wait(PATIENCE_SECONDS) == 0


def test_hears_a_hangup_beside_the_event_loop():
    with served_in_a_process() as served:
        assert served.process is not None
        assert served.process.stdout is not None

        served.process.send_signal(signal.SIGHUP)

        assert served.process.stdout.readline() == "reloaded\n"
        assert served.get("/metrics")[0].status == 200


def test_can_be_stopped_before_it_runs():
    server = Server(TinyApp(), ServingSettings(address=Address("127.0.0.1", 0)))
    server.bind()
    server.stop()
    thread = threading.Thread(target=lambda: server.run(on_ready=lambda: None, on_hangup=lambda: None))

    thread.start()
    thread.join(PATIENCE_SECONDS)

    assert not thread.is_alive()


def test_says_that_a_port_is_taken_and_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Server(TinyApp(), ServingSettings(address=Address("127.0.0.1", port)))

        with pytest.raises(CannotReachError) as caught:
            server.bind()

    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; "
        f"`ss -ltnp sport = :{port}` shows what uses it: stop that, or choose another port"
    )


def test_says_that_an_address_is_not_of_this_host():
    server = Server(TinyApp(), ServingSettings(address=Address("192.0.2.1", 9877)))

    with pytest.raises(CannotReachError, match=r"192\.0\.2\.1:9877: Cannot assign .*`ip address` lists"):
        server.bind()


def has_ipv6() -> bool:
    """Return whether this machine has an address to listen on."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_listens_on_ipv6():
    server = Server(TinyApp(), ServingSettings(address=Address("::1", 0)))
    ready = threading.Event()
    address = server.bind()
    thread = threading.Thread(target=lambda: server.run(on_ready=ready.set, on_hangup=lambda: None))
    thread.start()
    try:
        assert ready.wait(PATIENCE_SECONDS)
        assert address.host == "::1"
        assert Served(address).say(HEAD % b"/x", answers=1).startswith(b"HTTP/1.1 200 OK\r\n")
    finally:
        server.stop()
        thread.join()

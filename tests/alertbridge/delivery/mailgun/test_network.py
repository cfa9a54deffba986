"""What Mailgun's mailer makes of a network, and of a far side, that misbehave."""

import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.mailer import Accepted, Ambiguous, MessageRefused, NotSent, TransportPaused
from alertbridge.mail.mail import InlineImage
from tests.fakes.mailer import a_mail
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_client import KEY, a_mailer
from tests.standin.sockets import answering, far_side, reset, whole_request

LARGE = InlineImage(name="large.png", png=b"x" * 8_000_000)


@pytest.fixture
def standin() -> Iterator[MailgunStandIn]:
    with MailgunStandIn(api_key=KEY, wait_seconds=30.0) as standin:
        yield standin


def test_a_refused_connection_means_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    outcome = a_mailer(f"http://127.0.0.1:{port}").send(a_mail())

    assert outcome == NotSent(reason=f"the mail did not reach 127.0.0.1:{port}: Connection refused")


def test_an_unknown_name_means_not_sent():
    outcome = a_mailer("http://mailgun.invalid").send(a_mail())

    assert isinstance(outcome, NotSent)
    assert outcome.reason.startswith("the mail did not reach mailgun.invalid: ")


def test_a_server_without_tls_means_not_sent(standin):
    outcome = a_mailer(standin.url.replace("http:", "https:")).send(a_mail())

    assert isinstance(outcome, NotSent)
    assert standin.messages == []


@pytest.fixture
def tls_standin(tmp_path: Path) -> Iterator[tuple[MailgunStandIn, Path]]:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with MailgunStandIn(api_key=KEY, tls=tls) as standin:
        yield standin, tmp_path / "ca.pem"


def test_a_certificate_from_nowhere_means_not_sent(tls_standin):
    standin, _ = tls_standin

    outcome = a_mailer(standin.url).send(a_mail())

    assert isinstance(outcome, NotSent)
    assert "certificate verify failed" in outcome.reason


def test_trusts_the_authorities_that_the_surroundings_name(tls_standin, monkeypatch):
    standin, authority = tls_standin
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))

    outcome = a_mailer(standin.url).send(a_mail(images=(LARGE,)))

    assert isinstance(outcome, Accepted)
    assert [message.images for message in standin.messages] == [{"large.png": LARGE.png}]


def test_a_handshake_that_never_ends_means_not_sent():
    timeouts = Timeouts(connect_seconds=0.2, silence_seconds=0.2)
    given_up = threading.Event()

    def wait(_: socket.socket) -> None:
        given_up.wait(60)

    with far_side(wait) as url:
        outcome = a_mailer(url.replace("http:", "https:"), timeouts=timeouts).send(a_mail())
        given_up.set()

    assert isinstance(outcome, NotSent)


def test_a_proxy_that_cannot_be_reached_means_not_sent(monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://ann:pass-word@127.0.0.1:9")

    outcomes = [a_mailer(f"{scheme}://mailgun.invalid").send(a_mail()) for scheme in ("http", "https")]

    for outcome in outcomes:
        assert isinstance(outcome, NotSent)
        assert outcome.reason == "the mail did not reach mailgun.invalid: Connection refused"


@pytest.mark.parametrize(("exempt", "asked"), [("", True), ("mailgun.invalid", False)])
def test_the_proxy_of_the_environment_is_used_save_for_what_it_exempts(monkeypatch, exempt, asked):
    heard = bytearray()

    def listen(connection: socket.socket) -> None:
        heard.extend(connection.recv(1000))

    with far_side(listen) as url:
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", exempt)
        a_mailer("http://mailgun.invalid").send(a_mail())

    assert heard.startswith(b"POST http://mailgun.invalid/v3/mg.example.org/messages ") == asked


def test_a_connection_cut_before_the_whole_mail_was_out_means_not_sent():
    def cut_early(connection: socket.socket) -> None:
        connection.recv(1000)
        reset(connection)

    with far_side(cut_early) as url:
        outcome = a_mailer(url).send(a_mail(images=(LARGE,)))

    assert isinstance(outcome, NotSent)


def test_an_early_refusal_of_a_large_mail_is_heard():
    def refuse_early(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        whole_request_of_any_length(connection)

    def whole_request_of_any_length(connection: socket.socket) -> None:
        while connection.recv(1 << 20):
            pass

    with far_side(refuse_early) as url:
        outcome = a_mailer(url, timeouts=Timeouts(whole_seconds=30.0)).send(a_mail(images=(LARGE,)))

    assert isinstance(outcome, MessageRefused)


def test_what_was_given_up_midway_is_never_completed():
    received, given_up = bytearray(), threading.Event()

    def read_late(connection: socket.socket) -> None:
        given_up.wait(60)
        while more := connection.recv(1 << 20):
            received.extend(more)

    with far_side(read_late) as url:
        outcome = a_mailer(url, timeouts=Timeouts(whole_seconds=1.0)).send(a_mail(images=(LARGE,)))
        given_up.set()

    assert isinstance(outcome, NotSent)
    assert 0 < len(received) < len(LARGE.png)


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"],
    ids=["status line", "headers", "body"],
)
def test_an_answer_that_only_trickles_is_waited_for_within_bounds(beginning):
    is_over = threading.Event()

    def trickle(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(beginning)
        while not is_over.wait(0.02):
            connection.sendall(b"x")

    timeouts = Timeouts(silence_seconds=5.0, whole_seconds=0.3)
    with far_side(trickle) as url:
        outcome = a_mailer(url, timeouts=timeouts).send(a_mail())
        is_over.set()

    assert isinstance(outcome, Ambiguous)
    assert outcome.reason.endswith("did not answer after the mail was sent: timed out")


def test_an_endless_answer_is_read_only_to_a_point():
    def go_on(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with far_side(go_on) as url:
        outcome = a_mailer(url).send(a_mail())

    assert isinstance(outcome, Ambiguous)
    assert len(outcome.reason) < 400


@pytest.mark.parametrize("location", ["{standin}/v3/mg.example.org/messages", "http://[", "/", "\xff"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(standin, status, location):
    target = location.format(standin=standin.url).encode("latin-1")

    with far_side(answering(b"HTTP/1.1 %d Moved\r\nLocation: %s\r\n\r\n" % (status, target))) as url:
        outcome = a_mailer(url).send(a_mail())

    assert isinstance(outcome, TransportPaused)
    assert standin.messages == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 100,
        b"220 mail.example.org ESMTP\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br, zstd, gzip, gzip, gzip, gzip, gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\xff\r\n : \r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=;;=\r\n\r\n",
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_whatever_comes_back_is_an_outcome(raw):
    with far_side(answering(raw)) as url:
        outcome = a_mailer(url).send(a_mail())
    gc.collect()  # to which urllib3 leaves the socket of an answer with two lengths

    assert isinstance(outcome, Ambiguous)

"""Mail by SMTP, to a mail server that does as a test says."""

import email
import email.policy
import logging
import socket
import ssl
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
)
from alertbridge.delivery.smtp.mailer import SmtpMailer
from alertbridge.delivery.smtp.settings import SmtpSettings
from alertbridge.mail.address import Sender
from alertbridge.mail.mail import InlineImage
from marax.clock import SystemClock
from marax.settings.secret import Secret
from tests.fakes.mailer import a_mail
from tests.standin.smtp import BABBLE, DROP, HANG, SmtpStandIn
from tests.standin.sockets import far_side

PASSWORD = "pass-5ecret"
LARGE = InlineImage(name="large.png", png=b"x" * 8_000_000)


def a_mailer(
    port: int, *, password: str = PASSWORD, timeouts: Timeouts | None = None, **more: Any
) -> SmtpMailer:
    usual = SmtpSettings(host="127.0.0.1", port=port, starttls=False)
    settings = msgspec.structs.replace(usual, **more)
    timeouts = timeouts or Timeouts(connect_seconds=5.0, silence_seconds=5.0, whole_seconds=10.0)
    return SmtpMailer(settings, Secret(password), SystemClock(), timeouts)


def sent_to(server: SmtpStandIn, **more: Any) -> Outcome:
    return a_mailer(server.port, **more).send(a_mail())


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return the server's side of TLS, with a certificate that OpenSSL is told to trust."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


def test_the_server_gets_the_mail_and_its_envelope():
    with SmtpStandIn() as server:
        outcome = sent_to(server)

    assert outcome == Accepted(provider_id=f"127.0.0.1:{server.port}: 2.0.0 Ok: queued as 1")
    (received,) = server.messages
    assert (received.sender, received.recipient) == ("alerts@mg.example.org", "ann@example.org")
    message = email.message_from_bytes(received.content, policy=email.policy.SMTP)
    assert message["Message-Id"] == a_mail().message_id
    assert b"\n" not in received.content.replace(b"\r\n", b"")
    assert server.said[-1] == "QUIT"


def test_ehlo_says_the_name_in_the_settings_before_and_after_encryption(tls):
    with SmtpStandIn(tls=tls) as server:
        sent_to(server, starttls=True, hello="alerts.example.org")

    assert [line for line in server.said if line.lower().startswith("ehlo")] == [
        "ehlo alerts.example.org"
    ] * 2


def test_ehlo_says_the_address_of_a_machine_without_a_full_name(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "vm")
    monkeypatch.setattr(socket, "getfqdn", lambda _name="": "vm")
    with SmtpStandIn() as server:
        sent_to(server)

    assert server.said[0] == "ehlo [127.0.0.1]"


def test_a_sender_of_the_servers_own_takes_the_place_of_mailguns():
    with SmtpStandIn() as server:
        sent_to(server, sender=Sender("marax <marax@example.org>"))

    (received,) = server.messages
    assert received.sender == "marax@example.org"
    assert b"From: marax <marax@example.org>\r\n" in received.content


def test_lines_that_begin_with_a_dot_arrive_as_they_are():
    text = ".\n..\n.hidden\nend\n.\n"
    with SmtpStandIn() as server:
        a_mailer(server.port).send(a_mail(text=text))

    message = email.message_from_bytes(server.messages[0].content, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text


def test_encrypts_and_logs_in(tls):
    with SmtpStandIn(tls=tls, login=("bridge", PASSWORD)) as server:
        outcome = sent_to(server, starttls=True, user="bridge")

    assert isinstance(outcome, Accepted)
    assert [(one.is_encrypted, one.login) for one in server.messages] == [(True, ("bridge", PASSWORD))]


def test_speaks_tls_from_the_first_byte_on_port_465(tls):
    server = SmtpStandIn(port=465, tls=tls, is_implicit=True, login=("bridge", PASSWORD))
    try:
        with server:
            outcome = sent_to(server, starttls=True, user="bridge")
    except PermissionError:
        pytest.skip("this user may not listen on port 465")

    assert isinstance(outcome, Accepted)
    assert [one.is_encrypted for one in server.messages] == [True]


def test_says_nothing_of_the_mail_where_the_certificate_is_not_trusted(tls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with SmtpStandIn(tls=tls) as server:
        outcome = sent_to(server, starttls=True)

    assert isinstance(outcome, NotSent)
    assert "certificate verify failed" in outcome.reason
    assert [line.split()[0].upper() for line in server.said] == ["EHLO", "STARTTLS"]


def test_says_nothing_of_the_mail_where_the_certificate_names_another(tls):
    with SmtpStandIn(tls=tls) as server:
        outcome = sent_to(server, starttls=True, host="localhost")

    assert isinstance(outcome, NotSent)
    assert "certificate verify failed" in outcome.reason


def test_says_nothing_of_the_mail_where_no_encryption_is_offered():
    with SmtpStandIn() as server:
        outcome = sent_to(server, starttls=True)

    site = f"127.0.0.1:{server.port}"
    assert outcome == TransportPaused(
        reason=f"{site}: STARTTLS is not offered (at STARTTLS); check `port` and `starttls` under `smtp:`"
    )
    assert server.messages == []


def test_a_wrong_password_pauses_sending_and_is_not_shown(tls, caplog):
    caplog.set_level(logging.DEBUG)
    with SmtpStandIn(tls=tls, login=("bridge", "another")) as server:
        mailer = a_mailer(server.port, starttls=True, user="bridge")
        outcome = mailer.send(a_mail())

    assert isinstance(outcome, TransportPaused)
    assert (
        "535: 5.7.8 Error: authentication failed: *** *** (at AUTH); check `user` and `password_file`"
        in outcome.reason
    )
    everything = repr(outcome) + caplog.text + repr(mailer.__dict__)
    assert PASSWORD not in everything
    assert b64encode(f"\0bridge\0{PASSWORD}".encode()).decode() not in everything


@pytest.mark.parametrize(
    ("login", "password"),
    [(None, PASSWORD), (("bridge", "schlüssel"), "schlüssel")],
    ids=["none", "not ASCII"],
)
def test_a_login_that_cannot_be_made_pauses_sending(tls, login, password):
    with SmtpStandIn(tls=tls, login=login) as server:
        outcome = sent_to(server, starttls=True, user="bridge", password=password)

    assert isinstance(outcome, TransportPaused)
    assert "(at AUTH)" in outcome.reason


@pytest.mark.parametrize(
    ("verb", "reply", "kind", "arrivals"),
    [
        ("GREETING", "554 5.3.2 No service", TransportPaused, 0),
        ("GREETING", "421 4.3.2 Too busy", TransportPaused, 0),
        ("GREETING", DROP, NotSent, 0),
        ("GREETING", HANG, NotSent, 0),
        ("GREETING", "HTTP/1.1 400 Bad Request", TransportPaused, 0),
        ("EHLO", "502 5.5.1 What?", TransportPaused, 0),
        ("EHLO", DROP, NotSent, 0),
        ("MAIL", "550 5.7.1 You may not send", TransportPaused, 0),
        ("MAIL", "451 4.3.0 Later", TransportPaused, 0),
        ("MAIL", DROP, NotSent, 0),
        ("RCPT", "550 5.1.1 No such user", RecipientRefused, 0),
        ("RCPT", "550 No such user", RecipientRefused, 0),
        ("RCPT", "554 5.7.1 Relay access denied", TransportPaused, 0),
        ("RCPT", "550-First line\r\n550 relay not permitted", TransportPaused, 0),
        ("RCPT", "550 5.2.2 Mailbox full", NotSent, 0),
        ("RCPT", "450 4.2.0 Greylisted", NotSent, 0),
        ("RCPT", "421 4.4.2 Bye", TransportPaused, 0),
        ("RCPT", DROP, NotSent, 0),
        ("DATA", "552 5.3.4 Too large", MessageRefused, 0),
        ("DATA", "451 4.3.0 Later", NotSent, 0),
        ("DATA", "250 Yes?", NotSent, 0),
        ("DATA", HANG, NotSent, 0),
        ("END", "554 5.6.0 Spam", MessageRefused, 0),
        ("END", "550 5.7.60 You may not send as this sender", TransportPaused, 0),
        ("END", "554 Transaction failed", NotSent, 0),
        ("END", "451 4.3.0 Later", NotSent, 0),
        ("END", "421 4.3.2 Shutting down", TransportPaused, 0),
        ("END", DROP, Ambiguous, 1),
        ("END", HANG, Ambiguous, 1),
        ("END", BABBLE, Ambiguous, 1),
        ("END", "354 More", Ambiguous, 1),
        ("END", "Ok", Ambiguous, 1),
        ("END", "250-" + "x" * 9000, Ambiguous, 1),
        ("QUIT", "500 No", Accepted, 1),
        ("QUIT", HANG, Accepted, 1),
    ],
)
def test_each_way_to_fail_is_told_apart(verb, reply, kind, arrivals):
    timeouts = Timeouts(connect_seconds=0.3, silence_seconds=0.3, whole_seconds=5.0)
    with SmtpStandIn(replies={verb: reply}, takes_all_the_same=arrivals == 1) as server:
        outcome = sent_to(server, timeouts=timeouts)

    assert isinstance(outcome, kind)
    assert len(server.messages) == arrivals


def test_a_long_reply_is_understood_whole_and_quoted_in_part():
    lines = [f"550-See part {number} of our rules" for number in range(20)]
    with SmtpStandIn(replies={"RCPT": "\r\n".join([*lines, "550 relay not permitted"])}) as server:
        outcome = sent_to(server)

    assert isinstance(outcome, TransportPaused)
    assert "... (at RCPT TO); let the server relay mail from this host" in outcome.reason
    assert len(outcome.reason) < 400


def test_those_whom_the_server_does_not_serve_hold_up_no_others():
    replies = {"RCPT kim@": "554 5.7.1 <kim@example.net>: Relay access denied"}
    with SmtpStandIn(replies=replies) as server:
        mailer = a_mailer(server.port)
        first = mailer.send(a_mail(recipient="kim@example.net"))
        second = mailer.send(a_mail(recipient="kim@example.net"))
        third = mailer.send(a_mail(recipient="kim@example.net"))
        other = mailer.send(a_mail())
        last = mailer.send(a_mail(recipient="kim@example.net"))

    assert isinstance(first, TransportPaused)
    assert isinstance(other, Accepted)
    for held in (second, third, last):
        assert isinstance(held, NotSent)
        assert not held.is_counted
    assert sum("kim@" in line for line in server.said) == 2


def test_a_refused_connection_means_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    outcome = a_mailer(port).send(a_mail())

    assert outcome == NotSent(reason=f"the mail did not reach 127.0.0.1:{port}: Connection refused")


def test_an_unknown_name_means_not_sent():
    outcome = a_mailer(25, host="mail.invalid").send(a_mail())

    assert isinstance(outcome, NotSent)
    assert outcome.reason.startswith("the mail did not reach mail.invalid:25: ")


def test_a_server_that_only_trickles_is_waited_for_within_bounds():
    is_over = threading.Event()

    def trickle(connection: socket.socket) -> None:
        while not is_over.wait(0.02):
            connection.sendall(b"220-x\r\n")

    with far_side(trickle) as url:
        timeouts = Timeouts(silence_seconds=5.0, whole_seconds=0.3)
        outcome = a_mailer(int(url.rpartition(":")[2]), timeouts=timeouts).send(a_mail())
        is_over.set()

    assert isinstance(outcome, NotSent)
    assert outcome.reason.endswith("timed out")


def test_what_was_given_up_midway_is_never_completed():
    received, given_up = bytearray(), threading.Event()

    def read_late(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n250 hello\r\n250 sender\r\n250 recipient\r\n354 go on\r\n")
        given_up.wait(60)
        while more := connection.recv(1 << 20):
            received.extend(more)

    with far_side(read_late) as url:
        timeouts = Timeouts(silence_seconds=5.0, whole_seconds=1.0)
        mailer = a_mailer(int(url.rpartition(":")[2]), timeouts=timeouts)
        outcome = mailer.send(a_mail(images=(LARGE,)))
        given_up.set()

    assert isinstance(outcome, NotSent)
    assert received
    assert not received.endswith(b".\r\n")


def test_threads_may_share_a_mailer():
    outcomes: list[Outcome] = []
    ids = [f"<inc-{number}@mg.example.org>" for number in range(10)]
    with SmtpStandIn() as server:
        mailer = a_mailer(server.port)
        threads = [
            threading.Thread(target=lambda: outcomes.append(mailer.send(a_mail(message_id=ids.pop()))))
            for _ in ids
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len({message.content for message in server.messages}) == 10

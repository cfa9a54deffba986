import logging
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    MessageRefused,
    Outcome,
    RecipientRefused,
    TransportPaused,
)
from tests.fakes.mailer import a_mail
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_client import KEY, a_mailer
from tests.standin.sockets import far_side, whole_request


@pytest.fixture
def standin() -> Iterator[MailgunStandIn]:
    with MailgunStandIn(api_key=KEY, wait_seconds=30.0) as standin:
        yield standin


def test_asks_mailgun_to_leave_the_links_alone_and_tags_the_mail(standin):
    a_mailer(standin.url).send(a_mail())

    (message,) = standin.messages
    assert message.options == {"tracking": "no", "tag": "marax"}


def test_a_key_beyond_latin_1_works():
    with MailgunStandIn(api_key="schlüssel-ключ") as standin:
        outcome = a_mailer(standin.url, key="schlüssel-ключ").send(a_mail())

    assert isinstance(outcome, Accepted)


def test_a_wrong_key_pauses_sending(standin):
    outcome = a_mailer(standin.url, key="key-of-another-site").send(a_mail())

    assert isinstance(outcome, TransportPaused)
    assert "check `api_key_file`" in outcome.reason


def test_a_domain_of_the_other_site_pauses_sending(standin):
    outcome = a_mailer(standin.url, domain="mg.example.com").send(a_mail())

    assert isinstance(outcome, TransportPaused)
    assert "Domain not found: mg.example.com; check `domain` and `region`" in outcome.reason


def test_a_wrong_path_pauses_sending(standin):
    outcome = a_mailer(f"{standin.url}/mailgun").send(a_mail())

    assert isinstance(outcome, TransportPaused)
    assert "check `domain` and `base_url`" in outcome.reason


def test_a_recipient_that_mailgun_does_not_take_is_refused(standin):
    outcome = a_mailer(standin.url).send(a_mail(recipient="root@localhost"))

    assert isinstance(outcome, RecipientRefused)


def test_headers_beyond_mailguns_limit_are_refused_without_a_call():
    outcome = a_mailer("http://127.0.0.1:9").send(a_mail(headers={"X-Long": "ä" * 8000}))

    assert outcome == MessageRefused(
        reason="the mail's headers are larger than the 16 kB that Mailgun accepts"
    )


def test_headers_just_within_mailguns_limit_pass(standin):
    outcome = a_mailer(standin.url).send(a_mail(headers={"X-Long": "a" * 15_900}))

    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize(
    ("fault", "kind", "arrivals"),
    [
        ("401", TransportPaused, 0),
        ("402", TransportPaused, 0),
        ("403", TransportPaused, 0),
        ("404", TransportPaused, 0),
        ("magnificent", TransportPaused, 0),
        ("500", Ambiguous, 0),
        ("500-accepted", Ambiguous, 1),
        ("reset", Ambiguous, 0),
        ("reset-accepted", Ambiguous, 1),
        ("hang", Ambiguous, 0),
        ("hang-accepted", Ambiguous, 1),
        ("partial-accepted", Ambiguous, 1),
    ],
)
def test_each_way_to_fail_is_told_apart(standin, fault, kind, arrivals):
    standin.misbehave(f"{fault}=100")

    outcome = a_mailer(standin.url, timeouts=Timeouts(silence_seconds=0.3)).send(a_mail())

    assert isinstance(outcome, kind)
    assert len(standin.messages) == arrivals


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        ("429-seconds", 30.0, 30.0),
        ("429-date", 25.0, 30.0),
        ("429-reset", 25.0, 30.5),
        ("429-body", 25.0, 30.0),
        ("420-body", 25.0, 30.0),
        ("429-past", 1.0, 1.0),
        ("429-far", 3600.0, 3600.0),
    ],
)
def test_a_limit_pauses_sending_until_it_ends(standin, fault, least, most):
    standin.misbehave(f"{fault}=100")

    outcome = a_mailer(standin.url).send(a_mail())

    assert isinstance(outcome, TransportPaused)
    assert outcome.for_seconds is not None
    assert least <= outcome.for_seconds <= most


def test_goes_on_once_the_far_side_has_recovered(standin):
    mailer = a_mailer(standin.url)
    standin.misbehave("500=100")
    first = mailer.send(a_mail())
    standin.behave()

    second = mailer.send(a_mail())

    assert isinstance(first, Ambiguous)
    assert isinstance(second, Accepted)


def test_threads_may_share_a_mailer(standin):
    mailer = a_mailer(standin.url)
    outcomes: list[Outcome] = []
    ids = [f"<inc-{number}@mg.example.org>" for number in range(20)]
    threads = [
        threading.Thread(target=lambda: outcomes.append(mailer.send(a_mail(message_id=ids.pop()))))
        for _ in ids
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len({message.message_id for message in standin.messages}) == 20


def echo_everything(prefix: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        request = whole_request(connection)
        connection.sendall(prefix + KEY.encode() + b" " + request.replace(b"\r\n", b" "))

    return handle


@pytest.mark.parametrize(
    "prefix",
    [
        b"",
        *[
            b"HTTP/1.1 %d X\r\nX: y\r\n\r\n" % status
            for status in (200, 302, 400, 401, 403, 404, 413, 429, 500)
        ],
    ],
)
def test_the_key_is_in_no_outcome_and_no_log_line(prefix, caplog):
    caplog.set_level(logging.DEBUG)

    with far_side(echo_everything(prefix)) as url:
        outcome = a_mailer(url).send(a_mail())

    everything = repr(outcome) + caplog.text + repr(a_mailer(url).__dict__)
    assert KEY not in everything
    assert b64encode(f"api:{KEY}".encode()).decode() not in everything

"""Asking Mailgun whether it has a mail."""

import logging

import pytest

from alertbridge.delivery.deadline import Timeouts
from alertbridge.delivery.mailer import Absent, Found, Unanswered, Unknowable
from alertbridge.delivery.mailgun.lookup import MailgunLookup
from marax.settings.secret import Secret
from tests.fakes.mailer import a_mail
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_client import KEY, a_mailer, settings_for
from tests.standin.sockets import answering, far_side

ID = "<inc-1.ann@mg.example.org>"
IMPATIENT = Timeouts(connect_seconds=10.0, silence_seconds=1.0, whole_seconds=10.0)


def a_lookup(url: str, *, key: str = KEY) -> MailgunLookup:
    return MailgunLookup(settings_for(url), Secret(key), IMPATIENT)


@pytest.fixture
def standin():
    with MailgunStandIn(api_key=KEY, sending_key="key-send", wait_seconds=30.0) as standin:
        yield standin


@pytest.mark.parametrize("fault", ["500-accepted", "reset-accepted", "hang-accepted", "partial-accepted"])
def test_finds_what_was_taken_without_a_proper_answer(standin, fault):
    standin.misbehave(f"{fault}=100")
    a_mailer(standin.url, timeouts=IMPATIENT).send(a_mail())
    standin.behave()

    assert a_lookup(standin.url).find(a_mail().message_id) == Found(provider_id=a_mail().message_id)


def test_does_not_find_what_was_not_taken(standin):
    a_mailer(standin.url).send(a_mail(message_id="<inc-1.ann.2@mg.example.org>"))

    assert a_lookup(standin.url).find("<inc-1.ann@mg.example.org>") == Absent()


def test_a_longer_id_that_holds_this_one_is_another_mail(standin):
    a_mailer(standin.url).send(a_mail(message_id="<again-inc-1.ann@mg.example.org>"))

    assert a_lookup(standin.url).find(ID) == Absent()


@pytest.mark.parametrize("fault", ["500", "429-seconds", "420-body", "reset", "hang"])
def test_trouble_answers_nothing_and_is_asked_about_again(standin, fault):
    a_mailer(standin.url).send(a_mail())
    lookup = a_lookup(standin.url)
    standin.misbehave(f"{fault}=100")
    in_trouble = lookup.find(a_mail().message_id)
    standin.behave()

    assert isinstance(in_trouble, Unanswered)
    assert in_trouble.reason
    assert isinstance(lookup.find(a_mail().message_id), Found)


def test_a_key_that_may_not_ask_is_used_for_that_once(standin, caplog):
    caplog.set_level(logging.INFO)
    lookup = a_lookup(standin.url, key="key-send")

    findings = [lookup.find(ID)]
    standin.misbehave("500=100")
    findings += [lookup.find(ID), lookup.find(ID)]

    assert findings == [Unknowable()] * 3
    assert caplog.text.count("this API key cannot query events") == 1


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410])
def test_an_api_that_is_not_there_is_not_asked_again(status):
    with far_side(answering(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as url:
        lookup = a_lookup(url)

        assert lookup.find(ID) == Unknowable()
    assert lookup.find(ID) == Unknowable()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Mailgun Magnificent API",
        b"[]",
        b"{}",
        b'{"items": null}',
        b'{"items": [{"event": 7}]}',
        b"[" * 100_000,
        b'{"items": ["\xff"]}',
    ],
)
def test_what_is_no_page_of_events_answers_nothing(body):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    with far_side(answering(head + body)) as url:
        finding = a_lookup(url).find(ID)

    assert isinstance(finding, Unanswered)
    assert len(finding.reason) < 300


@pytest.mark.parametrize(
    ("event", "finding"),
    [
        ("accepted", Found(provider_id=ID)),
        ("delivered", Found(provider_id=ID)),
        ("failed", Found(provider_id=ID)),
        ("rejected", Absent()),
    ],
)
def test_all_but_a_rejection_says_that_mailgun_took_it(event, finding):
    headers = b'{"message-id": "inc-1.ann@mg.example.org"}'
    body = b'{"items": [{"event": "%s", "message": {"headers": %s}}]}' % (event.encode(), headers)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    with far_side(answering(head + body)) as url:
        assert a_lookup(url).find(ID) == finding


def test_the_key_is_in_no_finding():
    body = b"HTTP/1.1 500 X\r\n\r\n" + KEY.encode()
    with far_side(answering(body)) as url:
        finding = a_lookup(url).find(ID)

    assert isinstance(finding, Unanswered)
    assert KEY not in repr(finding)

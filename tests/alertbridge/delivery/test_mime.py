import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.delivery.mailer import MessageRefused, RecipientRefused
from alertbridge.delivery.mime import UnfitMailError, email_message
from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import Kind
from alertbridge.mail.mail import AttachedText, InlineImage, Mail
from alertbridge.mail.subject import subject_of
from tests.alertbridge.rendering.hostile import hostile_texts
from tests.fakes.mailer import a_mail

PNG = b"\x89PNG\r\n\x1a\n\x00\r"


def read_back(mail: Mail) -> EmailMessage:
    written = email_message(mail, date_unix_seconds=1_700_000_000).as_bytes()
    assert written.isascii()
    assert b"\r" not in written
    return email.message_from_bytes(written, policy=email.policy.default)


def test_bears_what_the_mail_says():
    mail = a_mail(sender="Betrieb, Köln <alerts@example.org>", recipient_name="ann", subject="[DOWN] wéb-1 ✉")

    message = read_back(mail)

    assert message["From"] == '"Betrieb, Köln" <alerts@example.org>'
    assert message["To"] == "ann <ann@example.org>"
    assert message["Subject"] == mail.subject
    assert message["Message-Id"] == mail.message_id
    assert message["Date"].datetime.timestamp() == 1_700_000_000
    assert {name: message[name] for name in mail.headers} == mail.headers


@pytest.mark.parametrize(
    "title",
    [
        "web-1: Filesystem is predicted to run out of space within the next 4 h",
        "\u0431\u0430\u0437\u0430-1: " + "\u0434\u0438\u0441\u043a \u043f\u043e\u043b\u043e\u043d, 90 % " * 4,
        "\u6771\u4eac-1: " + "\u30c7\u30a3\u30b9\u30af" * 14,
        "web-1: " + "\U0001f525" * 60,
        "Stra\u00dfe-1: Gr\u00f6\u00dfe \u00fcber 90 %, _?_ \u0141\u00f3d\u017a, \u00f8re",
    ],
    ids=["ASCII", "Cyrillic", "CJK", "emoji", "Latin"],
)
def test_a_subject_of_any_script_is_read_as_it_was_written(title):
    mail = a_mail(subject=subject_of(Kind.CRITICAL, title))

    written = email_message(mail, date_unix_seconds=0.0).as_bytes()

    assert read_back(mail)["Subject"] == mail.subject
    subject = re.search(rb"^Subject: [^\n]+(\n [^\n]+)*", written, re.MULTILINE)
    assert subject
    assert title.isascii() or max(map(len, subject[0].split(b"\n"))) <= 76  # RFC 2047


@given(title=hostile_texts, host=hostile_texts)
def test_a_subject_and_its_headers_are_read_as_written_whatever_is_in_them(title, host):
    mail = a_mail(subject=subject_of(Kind.WARN, title), headers={"X-Marax-Host": clean(host, 64) or "-"})

    message = read_back(mail)

    assert message["Subject"] == mail.subject
    assert message["X-Marax-Host"] == mail.headers["X-Marax-Host"].replace("=?", "= ?")


def test_offers_the_text_first_and_the_html_with_its_images_as_the_richer_choice():
    mail = a_mail(html='<img src="cid:chart.png">\n', images=(InlineImage(name="chart.png", png=PNG),))

    message = read_back(mail)

    assert message.get_content_type() == "multipart/alternative"
    text, related = message.iter_parts()
    assert text.get_content() == mail.text
    assert related.get_content_type() == "multipart/related"
    html, image = related.iter_parts()
    assert html.get_content() == mail.html
    assert image["Content-ID"] == "<chart.png>"
    assert image.get_content_disposition() == "inline"
    assert image.get_content() == PNG


def test_attaches_what_did_not_fit_beside_both_parts():
    attached = AttachedText(name="failed-hosts.txt", text="wéb-1\n" * 1000)
    mail = a_mail(attachments=(attached,))

    message = read_back(mail)

    assert message.get_content_type() == "multipart/mixed"
    alternative, file = message.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert (file.get_filename(), file.get_content_disposition()) == ("failed-hosts.txt", "attachment")
    assert file.get_content() == attached.text


@given(name=st.text(max_size=80) | hostile_texts)
def test_is_for_one_reader_whatever_their_name(name):
    mail = a_mail(recipient_name=name)

    (recipient,) = read_back(mail)["To"].addresses

    assert recipient.addr_spec == "ann@example.org"


def test_a_mail_without_images_has_just_two_parts():
    message = read_back(a_mail())

    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_shows_several_images_each_by_its_own_name():
    images = tuple(InlineImage(name=f"chart-{number}.png", png=PNG + bytes([number])) for number in (1, 2))
    mail = a_mail(html='<img src="cid:chart-1.png"><img src="cid:chart-2.png">\n', images=images)

    _, related = read_back(mail).iter_parts()
    html, *parts = related.iter_parts()

    assert html.get_content() == mail.html
    assert [part["Content-ID"] for part in parts] == ["<chart-1.png>", "<chart-2.png>"]
    assert [part.get_content_type() for part in parts] == ["image/png", "image/png"]
    assert [part.get_content() for part in parts] == [image.png for image in images]


def test_no_line_is_longer_than_mail_servers_take():
    long = "Grüße " * 500 + "x" * 5000 + "\n"
    mail = a_mail(text=long, html=long, images=(InlineImage(name="chart.png", png=PNG * 1000),))

    lines = email_message(mail, date_unix_seconds=0.0).as_bytes().split(b"\n")

    assert max(map(len, lines)) <= 998  # RFC 5322, 2.1.1


def test_a_reply_names_the_root_of_its_thread_twice():
    message = read_back(a_mail(thread_root="<root@example.org>"))

    assert message["In-Reply-To"] == "<root@example.org>"
    assert message["References"] == "<root@example.org>"


def test_long_message_ids_stay_whole():
    root, own = (f"<{name * 60}@{'mg.' * 20}example.org>" for name in "ab")

    written = email_message(a_mail(message_id=own, thread_root=root), 0.0).as_bytes().decode()

    assert f"Message-Id: {own}\n" in written
    assert f"References: {root}\n" in written


@given(st.text() | st.text("=?utf-8bqQ0DA\r\n: Bcc", max_size=40))
def test_no_subject_and_no_header_value_adds_a_header_or_a_line(hostile):
    mail = a_mail(subject=hostile, headers={"X-Marax-Incident": hostile})
    expected = read_back(a_mail(subject="s", headers={"X-Marax-Incident": "x"})).keys()

    message = read_back(mail)

    assert message.keys() == expected
    for name in ("Subject", "X-Marax-Incident"):
        assert len((message[name] + "x").splitlines()) == 1


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="=")))
def test_a_subject_of_one_line_arrives_as_it_is(subject):
    arrived = read_back(a_mail(subject=subject))["Subject"]

    assert arrived.split() == subject.split()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_a_body_arrives_as_it_is(body):
    text = body + "\n"

    text_part, html_part = read_back(a_mail(text=text, html=text)).iter_parts()

    assert text_part.get_content() == text
    assert html_part.get_content() == text


def test_what_has_no_utf8_is_replaced():
    message = read_back(a_mail(subject="a\udcffb", text="a\udcff\0b\n"))

    text, _ = message.iter_parts()
    assert message["Subject"] == "a\ufffdb"
    assert text.get_content() == "a\ufffd\ufffdb\n"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        (
            {"recipient": "ann@example.org, eve@example.org"},
            RecipientRefused(
                reason="the recipient is not an email address in ASCII, such as ann@example.org"
            ),
        ),
        (
            {"sender": "marax\r\nBcc: eve@example.org <a@b.org>"},
            MessageRefused(
                reason="the From header is not a sender such as marax <alerts@mg.example.org>",
            ),
        ),
        (
            {"message_id": "<a@b>\r\nBcc: eve@example.org"},
            MessageRefused(
                reason="the mail has a Message-Id not of the form <local@domain>: "
                "'<a@b>\\r\\nBcc: eve@example.org'"
            ),
        ),
        (
            {"thread_root": "root"},
            MessageRefused(reason="the mail has a Message-Id not of the form <local@domain>: 'root'"),
        ),
        (
            {"headers": {"bcc": "eve@example.org", "X-Ä": "x"}},
            MessageRefused(
                reason="the mail has a header that it cannot have: 'bcc' "
                "and a header that it cannot have: 'X-Ä'"
            ),
        ),
        (
            {"images": (InlineImage(name="a b", png=PNG),)},
            MessageRefused(
                reason="the mail has a file name other than letters, digits, dots and dashes: 'a b'"
            ),
        ),
    ],
    ids=["recipient", "sender", "message id", "thread root", "header names", "image name"],
)
def test_refuses_a_mail_that_nothing_could_carry(changes, outcome):
    with pytest.raises(UnfitMailError) as refusal:
        email_message(replace(a_mail(), **changes), date_unix_seconds=0.0)

    assert refusal.value.outcome == outcome

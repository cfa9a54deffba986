"""What every transport promises, the fake one included."""

import email
import email.policy
import email.utils
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, cast

import pytest

from alertbridge.delivery.maildir.mailer import MaildirMailer
from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    Mailer,
    MessageRefused,
    NotSent,
    RecipientRefused,
    TransportPaused,
)
from alertbridge.delivery.smtp.mailer import SmtpMailer
from alertbridge.delivery.smtp.settings import SmtpSettings
from alertbridge.mail.mail import AttachedText, InlineImage, Mail
from marax.clock import SystemClock
from marax.settings.secret import Secret
from tests.fakes.mailer import FakeMailer, a_mail
from tests.standin.mailgun import MailgunStandIn
from tests.standin.mailgun_client import a_mailer
from tests.standin.smtp import SmtpStandIn

SECRET = "key-5ecret0f7his7est"
PNG = b"\x89PNG\r\n\x1a\n\r\n--\x00\xff"


class Post(Protocol):
    """A way of sending, seen from both ends."""

    @property
    def mailer(self) -> Mailer: ...

    def arrived(self) -> list[Mail]: ...

    def break_down(self) -> None: ...


class FakePost:
    def __init__(self) -> None:
        self.mailer = FakeMailer()

    def arrived(self) -> list[Mail]:
        return self.mailer.accepted

    def break_down(self) -> None:
        self.mailer.answer_always(NotSent(reason="broken for a test"))


class MaildirPost:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.mailer = MaildirMailer(directory, SystemClock())

    def arrived(self) -> list[Mail]:
        files = sorted((self._directory / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [
            mail_of(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            for path in files
        ]

    def break_down(self) -> None:
        self._directory.touch()


class MailgunPost:
    def __init__(self, standin: MailgunStandIn) -> None:
        self._standin = standin
        self.mailer = a_mailer(standin.url, key=SECRET)

    def arrived(self) -> list[Mail]:
        return [
            Mail(
                sender=message.sender,
                recipient=message.to[0],
                recipient_name=email.utils.parseaddr(message.to_header)[0],
                subject=message.subject,
                text=message.text,
                html=message.html,
                message_id=message.message_id,
                thread_root=message.headers.get("References"),
                headers=further(message.headers),
                images=tuple(InlineImage(name=name, png=png) for name, png in message.images.items()),
                attachments=tuple(
                    AttachedText(name=name, text=content.decode())
                    for name, content in message.attachments.items()
                ),
            )
            for message in self._standin.messages
        ]

    def break_down(self) -> None:
        self._standin.misbehave("reset=100")


class SmtpPost:
    def __init__(self, server: SmtpStandIn) -> None:
        self._server = server
        settings = SmtpSettings(host="127.0.0.1", port=server.port, starttls=False)
        self.mailer = SmtpMailer(settings, Secret(SECRET), SystemClock())

    def arrived(self) -> list[Mail]:
        return [
            mail_of(email.message_from_bytes(in_unix_lines(one.content), policy=email.policy.default))
            for one in self._server.messages
        ]

    def break_down(self) -> None:
        self._server.replies = {"GREETING": f"554 5.3.2 {SECRET}"}


@pytest.fixture(params=["fake", "maildir", "mailgun", "smtp"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    match request.param:
        case "fake":
            yield FakePost()
        case "maildir":
            yield MaildirPost(tmp_path / "maildir")
        case "smtp":
            with SmtpStandIn() as server:
                yield SmtpPost(server)
        case _:
            with MailgunStandIn(api_key=SECRET) as standin:
                yield MailgunPost(standin)


def in_unix_lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def mail_of(message: EmailMessage) -> Mail:
    content, *attached = parts_of(message) if message.get_content_subtype() == "mixed" else [message]
    text, rich = parts_of(content)
    html, *images = parts_of(rich) if rich.is_multipart() else [rich]
    (recipient,) = message["To"].addresses
    return Mail(
        sender=message["From"],
        recipient=recipient.addr_spec,
        recipient_name=recipient.display_name,
        subject=message["Subject"],
        text=text.get_content(),
        html=html.get_content(),
        message_id=message["Message-Id"],
        thread_root=message["References"],
        headers=further(dict(message.items())),
        images=tuple(
            InlineImage(name=image["Content-ID"].strip("<>"), png=image.get_content()) for image in images
        ),
        attachments=tuple(
            AttachedText(name=file.get_filename() or "", text=file.get_content()) for file in attached
        ),
    )


def parts_of(message: EmailMessage) -> "list[EmailMessage]":
    return cast("list[EmailMessage]", message.get_payload())


def further(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith(("X-", "Auto-"))}


def test_a_mail_arrives_with_all_its_parts(post):
    mail = a_mail(
        sender='"Betrieb, Köln" <alerts@mg.example.org>',
        recipient_name='Jörg "jo" Müller, Köln',
        subject="[DOWN] wéb-1: höst not answering ✉",
        text="Zeile eins\n.\nFrom hier\n" + "lang " * 400 + "✉\n",
        html='<p>wéb-1 &lt;b&gt;</p><img src="cid:chart.png">\n',
        message_id="<inc-7.ann.2@mg.example.org>",
        thread_root="<inc-7.ann@mg.example.org>",
        images=(InlineImage(name="chart.png", png=PNG), InlineImage(name="second.png", png=PNG[::-1])),
        attachments=(AttachedText(name="failed-hosts.txt", text="wéb-1  refused\n"),),
    )

    outcome = post.mailer.send(mail)

    assert isinstance(outcome, Accepted)
    assert outcome.provider_id
    assert post.arrived() == [mail]


def test_the_name_of_its_reader_cannot_become_an_address_or_a_header(post):
    post.mailer.send(a_mail(recipient_name="a>, eve@example.org\r\nBcc: =?utf-8?q?=0d?= %recipient%"))

    (arrived,) = post.arrived()

    assert arrived == a_mail(recipient_name="a>, eve@example.org Bcc: = ?utf-8?q?=0d?= % recipient%")


def test_a_plain_mail_arrives(post):
    post.mailer.send(a_mail())

    assert post.arrived() == [a_mail()]


def test_the_same_mail_sent_again_arrives_again_under_the_same_message_id(post):
    first, second = post.mailer.send(a_mail()), post.mailer.send(a_mail())

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert [mail.message_id for mail in post.arrived()] == [a_mail().message_id] * 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"recipient": "ann@example.org, eve@example.org"}, RecipientRefused),
        ({"recipient": "ann@example.org\r\nBcc: eve@example.org"}, RecipientRefused),
        ({"sender": "marax"}, MessageRefused),
        ({"headers": {"Bcc": "eve@example.org"}}, MessageRefused),
        ({"message_id": "inc-1"}, MessageRefused),
    ],
    ids=["two recipients", "an injected header", "no sender", "a reserved header", "no message id"],
)
def test_what_is_no_mail_is_refused_and_does_not_arrive(post, changes, refusal):
    post.mailer.send(a_mail())

    outcome = post.mailer.send(a_mail(**changes))

    assert isinstance(outcome, refusal)
    assert post.arrived() == [a_mail()]


def test_line_breaks_in_headers_become_spaces(post):
    post.mailer.send(a_mail(subject="down\r\nBcc: eve@example.org", headers={"X-Marax-Incident": "1\n2"}))

    assert post.arrived() == [
        a_mail(subject="down Bcc: eve@example.org", headers={"X-Marax-Incident": "1 2"})
    ]


def test_a_broken_far_side_is_an_outcome(post):
    post.break_down()

    outcome = post.mailer.send(a_mail())

    assert isinstance(outcome, NotSent | Ambiguous | TransportPaused)
    assert outcome.reason
    assert SECRET not in repr(outcome)


def test_bears_a_name_for_the_log(post):
    assert re.fullmatch(r"Mailgun|Maildir|SMTP server 127\.0\.0\.1|fake", post.mailer.name)


def test_nothing_shows_the_secret(post):
    outcome = post.mailer.send(a_mail())

    assert SECRET not in repr((outcome, post.mailer))

"""A mail as other programs understand it: an RFC 5322 message with MIME parts."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import (
    Address,
    BaseHeader,
    HeaderRegistry,
    MessageIDHeader,
    UnstructuredHeader,
)
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy, Policy

from alertbridge.delivery.mailer import MessageRefused, RecipientRefused
from alertbridge.mail.address import EmailAddress, Sender
from alertbridge.mail.cleaning import clean
from alertbridge.mail.mail import InlineImage, Mail

_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_NAME = 64
_ENCODED_LINE = 76  # RFC 2047, section 2
_LONGEST_ON_ONE_LINE = 200  # far from the 998 of RFC 5322, 2.1.1
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,255}>")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,75}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,75}")
_TAKEN_HEADER = re.compile(
    "(?i:bcc|cc|content-.*|date|from|in-reply-to|message-id|mime-version|references|sender|subject|to)"
)


class UnfitMailError(Exception):
    """A mail that no transport could carry; *outcome* says why."""

    def __init__(self, outcome: RecipientRefused | MessageRefused) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def fit(mail: Mail) -> Mail:
    """Return *mail* with each header on one line and nothing in it that has no UTF-8.

    Raises:
        UnfitMailError: An address, a Message-Id, or the name of a header or file is not one.
    """
    try:
        recipient = EmailAddress.from_setting(mail.recipient)
    except ValueError as error:
        raise UnfitMailError(RecipientRefused(reason=f"the recipient is not {error}")) from error
    try:
        sender = Sender.from_setting(mail.sender)
    except ValueError as error:
        raise UnfitMailError(MessageRefused(reason=f"the From header is not {error}")) from error
    wrong = _wrong_names(mail)
    if wrong:
        raise UnfitMailError(MessageRefused(reason=f"the mail has {' and '.join(wrong)}"))
    return replace(
        mail,
        sender=sender,
        recipient=recipient,
        recipient_name=clean(_one_line(mail.recipient_name), _LONGEST_NAME),
        subject=_one_line(mail.subject),
        text=_sound(mail.text),
        html=_sound(mail.html),
        headers={name: _one_line(value) for name, value in mail.headers.items()},
        attachments=tuple(replace(one, text=_sound(one.text)) for one in mail.attachments),
    )


def email_message(mail: Mail, date_unix_seconds: float) -> EmailMessage:
    """Return *mail*, written at *date_unix_seconds*: text and HTML with its images, then what is attached.

    It is 7-bit clean; its lines end in LF, as files want it (`smtplib` writes CRLF by itself).

    Raises:
        UnfitMailError: As `fit` does.
    """
    mail = fit(mail)
    message = EmailMessage(policy=_POLICY)
    message["From"] = mail.sender
    message["To"] = recipient_of(mail)
    message["Subject"] = mail.subject
    message["Date"] = datetime.fromtimestamp(date_unix_seconds, UTC)
    for name, value in mail.all_headers().items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    *_, html = message.iter_parts()
    for image in mail.images:
        _embed(image, html)
    for attached in mail.attachments:
        message.add_attachment(attached.text, filename=attached.name)
    return message


def recipient_of(mail: Mail) -> Address:
    """Return what stands in the To header of *mail*, which is fit: `ann <ann@example.org>`."""
    return Address(display_name=mail.recipient_name, addr_spec=mail.recipient)


class _Text(UnstructuredHeader, BaseHeader):
    """A header that is read as it was written.

    The standard one may begin on a line of its own, with a space, and loses spaces between words that it
    encodes one by one (python/cpython#92081).
    """

    def fold(self, *, policy: Policy) -> str:
        if self.isascii() and len(self) <= _LONGEST_ON_ONE_LINE:
            return f"{self.name}: {self}{policy.linesep}"
        encoded = Header(str(self), "utf-8", maxlinelen=_ENCODED_LINE, header_name=self.name)
        return f"{self.name}: {encoded.encode(linesep=policy.linesep)}{policy.linesep}"


def _headers() -> HeaderRegistry:
    """Return a registry that keeps a Message-Id whole; the standard one would break up long ones."""
    headers = HeaderRegistry(default_class=_Text)
    headers.map_to_type("subject", _Text)
    for name in ("in-reply-to", "references"):
        headers.map_to_type(name, MessageIDHeader)  # type: ignore[arg-type]  # a mixin, as in its own table
    return headers


_POLICY = EmailPolicy(header_factory=_headers(), cte_type="7bit")


def _embed(image: InlineImage, html: MIMEPart) -> None:
    html.add_related(
        image.png, "image", "png", cid=f"<{image.name}>", disposition="inline", filename=image.name
    )


def _wrong_names(mail: Mail) -> list[str]:
    ids = [mail.message_id, *([mail.thread_root] if mail.thread_root is not None else [])]
    wrong = [
        f"a Message-Id not of the form <local@domain>: {i!r}" for i in ids if not _MESSAGE_ID.fullmatch(i)
    ]
    wrong += [f"a header that it cannot have: {name!r}" for name in mail.headers if not _may_be_header(name)]
    return wrong + [
        f"a file name other than letters, digits, dots and dashes: {name!r}"
        for name in (*(image.name for image in mail.images), *(one.name for one in mail.attachments))
        if not _FILE_NAME.fullmatch(name)
    ]


def _may_be_header(name: str) -> bool:
    return bool(_HEADER_NAME.fullmatch(name)) and not _TAKEN_HEADER.fullmatch(name)


def _one_line(text: str) -> str:
    # A reader would decode `=?utf-8?q?=0D=0A...?=`, line break and all (CVE-2024-6923)
    return _sound(_LINE_BREAKING.sub(" ", text)).replace("=?", "= ?").strip()


def _sound(text: str) -> str:
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)

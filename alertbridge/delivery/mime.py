"""A mail as other programs understand it: an RFC 5322 message with MIME parts."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.headerregistry import (
    Address,
    BaseHeader,
    HeaderRegistry,
    MessageIDHeader,
    UniqueUnstructuredHeader,
)
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy, Policy

from alertbridge.delivery.mailer import MessageRefused, RecipientRefused
from alertbridge.mail.address import EmailAddress, Sender
from alertbridge.mail.mail import InlineImage, Mail

_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_ON_ONE_LINE = 200  # far from the 998 of RFC 5322, 2.1.1
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,255}>")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,75}")
_IMAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,75}")
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
        UnfitMailError: An address, a Message-Id, or the name of a header or image is not one.
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
        subject=_one_line(mail.subject),
        text=_sound(mail.text),
        html=_sound(mail.html),
        headers={name: _one_line(value) for name, value in mail.headers.items()},
    )


def email_message(mail: Mail, date_unix_seconds: float) -> EmailMessage:
    """Return *mail*, written at *date_unix_seconds*: text and HTML, the images inside the HTML part.

    It is 7-bit clean; its lines end in LF, as files want it (`smtplib` writes CRLF by itself).

    Raises:
        UnfitMailError: As `fit` does.
    """
    mail = fit(mail)
    message = EmailMessage(policy=_POLICY)
    message["From"] = mail.sender
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = datetime.fromtimestamp(date_unix_seconds, UTC)
    for name, value in mail.all_headers().items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    *_, html = message.iter_parts()
    for image in mail.images:
        _embed(image, html)
    return message


class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # as the registry itself does
    """A subject that stays on the line of its name; the standard one may begin on the next, with a space."""

    def fold(self, *, policy: Policy) -> str:
        if self.isascii() and len(self) <= _LONGEST_ON_ONE_LINE:
            return f"{self.name}: {self}{policy.linesep}"
        return super().fold(policy=policy)


def _headers() -> HeaderRegistry:
    """Return a registry that keeps a Message-Id whole; the standard one would break up long ones."""
    headers = HeaderRegistry()
    headers.map_to_type("subject", _Subject)
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
        f"an image name other than letters, digits, dots and dashes: {image.name!r}"
        for image in mail.images
        if not _IMAGE_NAME.fullmatch(image.name)
    ]


def _may_be_header(name: str) -> bool:
    return bool(_HEADER_NAME.fullmatch(name)) and not _TAKEN_HEADER.fullmatch(name)


def _one_line(text: str) -> str:
    # A reader would decode `=?utf-8?q?=0D=0A...?=`, line break and all (CVE-2024-6923)
    return _sound(_LINE_BREAKING.sub(" ", text)).replace("=?", "= ?").strip()


def _sound(text: str) -> str:
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)

"""What Mailgun's messages API takes and refuses, as its reference documents it; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import getaddresses
from urllib.parse import parse_qsl

LARGEST_REQUEST_BYTES = 52 * 1024 * 1024
LARGEST_MESSAGE_BYTES = 25 * 1024 * 1024
LARGEST_OPTIONS_BYTES = 16_000
MOST_RECIPIENTS = 1000

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")


class FormError(Exception):
    """A request's body is not a form."""


@dataclass(frozen=True, slots=True)
class Form:
    """A request's fields in order, and its files: field, file name, content."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, bytes], ...]

    def every(self, name: str) -> list[str]:
        """Return each value of the field *name*."""
        return [value for field, value in self.fields if field == name]

    def first(self, name: str) -> str:
        """Return the first value of the field *name*, or nothing."""
        return next(iter(self.every(name)), "")

    def under(self, prefix: str) -> dict[str, str]:
        """Return the fields whose names begin with *prefix*, without it."""
        return {name.removeprefix(prefix): value for name, value in self.fields if name.startswith(prefix)}

    def recipients(self) -> list[str]:
        """Return the bare addresses that the message is for; an empty one stands for what is none."""
        return _addresses([*self.every("to"), *self.every("cc"), *self.every("bcc")])

    def message_id(self) -> str | None:
        """Return the Message-Id that the sender asks for, if it is one that Mailgun keeps."""
        asked = self.first("h:Message-Id")
        return asked if _MESSAGE_ID.fullmatch(asked) else None


def read_form(content_type: str, body: bytes) -> Form:
    """Return the form in *body*.

    Raises:
        FormError: It is of another kind, or broken.
    """
    try:
        if content_type == "application/x-www-form-urlencoded":
            return Form(tuple(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)), ())
        if boundary := re.fullmatch(r'multipart/form-data; boundary="?([^"]+)"?', content_type):
            return _multipart(boundary[1].encode(), body)
    except ValueError as error:
        raise FormError("the form is broken") from error
    raise FormError(f"not a form: {content_type}")


def what_is_wrong(form: Form) -> str | None:
    """Return the message that comes with a 400, or None for a form that is taken."""
    return next(_wrongs(form), None)


def _wrongs(form: Form) -> Iterator[str]:
    yield from (f"'{name}' parameter is missing" for name in ("from", "to") if not form.first(name))
    if not (form.first("text") or form.first("html")):
        yield "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"
    for name, addresses in (("from", _addresses(form.every("from"))), ("to", form.recipients())):
        if not all(map(_ADDRESS.fullmatch, addresses)):
            yield f"'{name}' parameter is not a valid address. please check documentation"
    yield from (f"Header name must be pure ASCII: {name}" for name in form.under("h:") if not name.isascii())
    yield from _excesses(form)


def _excesses(form: Form) -> Iterator[str]:
    options = [name + value for name, value in form.fields if name[:2] in ("o:", "h:", "v:", "t:")]
    if len("".join(options).encode()) > LARGEST_OPTIONS_BYTES:
        yield "Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total"
    if len(form.recipients()) > MOST_RECIPIENTS:
        yield "Too many recipients; max is 1000"
    if sum(len(content) for *_, content in form.files) > LARGEST_MESSAGE_BYTES:
        yield "Message is larger than 25 MB"


def _addresses(written: list[str]) -> list[str]:
    return [address for _, address in getaddresses(written)]


def _multipart(boundary: bytes, body: bytes) -> Form:
    fields, files = [], []
    opening, *pieces, closing = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if opening or closing.rstrip() != b"--":
        raise ValueError("no opening or no closing boundary")
    for piece in pieces:
        head, content = piece.split(b"\r\n\r\n", maxsplit=1)
        named = dict(re.findall(r'[; ]((?:file)?name)="([^"]*)"', head.decode()))
        if "filename" in named:
            files.append((named["name"], named["filename"], content))
        elif named.get("name") not in ("attachment", "inline"):  # Mailgun drops these without a word
            fields.append((named.get("name", ""), content.decode()))
    return Form(tuple(fields), tuple(files))

"""Every sort of mail as it leaves, read again part by part."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from alertbridge.cli.preview import sample_message
from alertbridge.rendering.renderer import Renderer
from alertbridge.rendering.samples.hosts import samples
from tests.alertbridge.rendering.golden import KEPT_WHOLE, MAILS
from tests.alertbridge.rendering.pictures import read_png
from tests.alertbridge.rendering.reading import read

SAMPLES = samples()

each_sample = pytest.mark.parametrize("name", SAMPLES)


def leaving(name: str) -> bytes:
    return sample_message(name, SAMPLES[name], Renderer().render(SAMPLES[name])).as_bytes()


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def headers_of(message: EmailMessage) -> dict[str, str]:
    return {name: value for name, value in message.items() if name != "Content-Type"}


def pictures_of(message: EmailMessage) -> dict[str, bytes]:
    """Return each picture by the name that the HTML part has for it."""
    pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
    return {part["Content-ID"].strip("<>"): part.get_content() for part in pictures}


@pytest.mark.parametrize("name", KEPT_WHOLE)
def test_leaves_as_it_did_when_it_was_found_good(name: str):
    messages = [parsed(content) for content in (leaving(name), (MAILS / f"{name}.eml").read_bytes())]

    headers = [headers_of(message) for message in messages]
    types = [[part.get_content_type() for part in message.walk()] for message in messages]
    texts = [
        [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
        for message in messages
    ]
    pixels = [{cid: read_png(png) for cid, png in pictures_of(message).items()} for message in messages]

    assert headers[0] == headers[1]
    assert types[0] == types[1]
    assert texts[0] == texts[1]
    assert pixels[0] == pixels[1]


@each_sample
def test_is_an_alternative_whose_page_finds_its_pictures_within_the_mail(name: str):
    message = parsed(leaving(name))
    page = message.get_body(("html",))
    pictures = pictures_of(message)

    assert page is not None
    assert message.get_content_type() == "multipart/alternative"
    assert message["Auto-Submitted"] == "auto-generated"
    assert read(page.get_content()).images == [f"cid:{cid}" for cid in pictures]


@each_sample
def test_passes_every_mail_server(name: str):
    lines = leaving(name).split(b"\n")

    assert max(map(len, lines)) <= 998  # RFC 5322, 2.1.1
    assert all(line.isascii() for line in lines)

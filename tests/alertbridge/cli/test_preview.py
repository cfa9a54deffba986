"""The files of `preview`; that the command writes them is tested with the other commands."""

import email
import email.policy
from base64 import b64decode

from alertbridge.cli.preview import write_samples
from tests.alertbridge.rendering.reading import read


def test_a_browser_finds_the_pictures_within_the_page(tmp_path):
    paths = list(write_samples(tmp_path))

    for path in paths:
        message = email.message_from_bytes(
            (tmp_path / f"{path}.eml").read_bytes(), policy=email.policy.default
        )
        sent = [part.get_content() for part in message.walk() if part.get_content_type() == "image/png"]
        shown = read((tmp_path / f"{path}.html").read_text()).images
        assert [b64decode(source.removeprefix("data:image/png;base64,")) for source in shown] == sent


def test_there_is_a_picture_to_be_seen(tmp_path):
    list(write_samples(tmp_path))

    assert read((tmp_path / "down-refused.html").read_text()).images

import copy
import logging
import pickle

import pytest

from marax.settings.secret import Secret, SecretFileError, read_secret


def test_shows_itself_only_when_asked_by_name():
    secret = Secret("hunter2")

    assert secret.reveal() == "hunter2"
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{[secret]}",
        logging.makeLogRecord({"a": secret}).__dict__,
    ):
        assert "hunter2" not in str(shown)


def test_does_not_leave_the_process():
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))
    with pytest.raises(TypeError):
        copy.copy(Secret("hunter2"))


@pytest.mark.parametrize(
    ("offered", "matches"),
    [
        ("hunter2", True),
        ("hunter", False),
        ("hunter22", False),
        ("", False),
        ("hünter2", False),
        ("\udcff", False),
    ],
)
def test_matches_only_itself(offered, matches):
    assert Secret("hunter2").matches(offered) is matches


def test_reads_one_line_without_the_space_around_it(tmp_path):
    path = tmp_path / "key"
    path.write_text("  key-123 \n")

    assert read_secret(path).reveal() == "key-123"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "must hold the secret on one line", id="empty"),
        pytest.param(b" \n\n", "must hold the secret on one line", id="blank"),
        pytest.param(b"key-1\nkey-2\n", "must hold the secret on one line", id="two lines"),
        pytest.param(b"k" * 70_000, "must hold the secret on one line", id="large"),
        pytest.param(b"\xff\xfe", "is not text", id="not text"),
    ],
)
def test_refuses_a_file_that_holds_no_secret_and_does_not_repeat_it(tmp_path, content, says):
    path = tmp_path / "key"
    path.write_bytes(content)

    with pytest.raises(SecretFileError, match=says) as caught:
        read_secret(path)

    assert "key-1" not in str(caught.value)


def test_says_which_file_is_missing(tmp_path):
    with pytest.raises(SecretFileError, match="missing: No such file"):
        read_secret(tmp_path / "missing")

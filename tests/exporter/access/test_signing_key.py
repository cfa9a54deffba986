"""The key file. Numbers are rows of docs/attacks.md."""

import os
import stat
import threading
from pathlib import Path

import pytest

from exporter.access.signing_key import own_key, read_key
from marax.settings.mistakes import SettingsError

KEY = "k" * 43


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "token.key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def test_makes_a_key_that_only_its_owner_can_read(tmp_path: Path):
    key = own_key(tmp_path / "state")

    path = tmp_path / "state" / "token.key"
    assert len(key.reveal()) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [child.name for child in path.parent.iterdir()] == ["token.key"]


def test_keeps_the_key_it_made(tmp_path: Path):
    assert own_key(tmp_path).reveal() == own_key(tmp_path).reveal()


def test_makes_another_key_for_each_host(tmp_path: Path):
    assert own_key(tmp_path / "a").reveal() != own_key(tmp_path / "b").reveal()


def test_two_starts_at_once_have_one_key(tmp_path: Path):
    keys: list[str] = []
    starts = [threading.Thread(target=lambda: keys.append(own_key(tmp_path).reveal())) for _ in range(8)]

    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert (len(keys), len(set(keys))) == (8, 1)
    assert [child.name for child in tmp_path.iterdir()] == ["token.key"]


def test_reads_a_key_that_hosts_share(key_file: Path):
    assert read_key(key_file).reveal() == KEY


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        read_key(path)
    said = str(caught.value)
    assert str(path) in said
    assert KEY not in said
    return said


@pytest.mark.attack(62)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o777], ids="62-{:o}".format)
def test_refuses_a_key_that_others_can_use(key_file: Path, mode: int):
    key_file.chmod(mode)

    assert f"a file that other users can access (mode {mode:04o})" in refusal(key_file)


@pytest.mark.attack(62)
def test_refuses_a_key_of_another_user(key_file: Path):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(key_file, 65534, -1)

    assert "a file of another user (number 65534)" in refusal(key_file)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", b"k" * 31, b"a" * 20 + b"\n" + b"b" * 20, b"\xff" * 40]
)
def test_refuses_what_is_no_key(key_file: Path, content: bytes):
    key_file.write_bytes(content)

    assert "expected a key of at least 32 characters on one line" in refusal(key_file)


def test_refuses_a_key_behind_a_link(key_file: Path):
    link = key_file.with_name("link")
    link.symlink_to(key_file)

    assert "no usable file" in refusal(link)


@pytest.mark.parametrize("make", [lambda path: path.mkdir(mode=0o700), lambda path: os.mkfifo(path, 0o600)])
def test_refuses_what_is_no_file(tmp_path: Path, make):
    make(tmp_path / "x")

    assert "found " in refusal(tmp_path / "x")


def test_says_which_file_is_missing(tmp_path: Path):
    assert "found no usable file (No such file or directory)" in refusal(tmp_path / "nowhere")


def test_says_which_folder_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(SettingsError, match=r"a folder without a usable key .* `state_dir:` in the settings"):
        own_key(tmp_path / "file" / "state")

"""The key that signs tokens: made at the first start, and believed only if nobody else can read it."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from marax.settings.mistakes import Mistake, SettingsError
from marax.settings.secret import Secret

_FILE = "token.key"
_KEY_BYTES = 32
_LEAST_LENGTH = 32
_LARGEST_BYTES = 4096
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR


def own_key(state_dir: Path) -> Secret:
    """Return the key in *state_dir*, which is made if there is none.

    Raises:
        SettingsError: It cannot be made or read, or others can read it.
    """
    path = state_dir / _FILE
    try:
        if not os.path.lexists(path):
            _make(path)
    except OSError as error:
        raise _wrong(state_dir, f"a folder without a usable key ({error.strerror})", _OWN_FOLDER) from error
    return read_key(path)


def read_key(path: Path) -> Secret:
    """Return the key in the file *path*: one line of at least 32 characters.

    Raises:
        SettingsError: It cannot be read, is no such line, or does not belong to us alone.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            fault = _fault(os.fstat(descriptor))
            content = os.read(descriptor, _LARGEST_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _wrong(path, f"no usable file ({error.strerror})", _KEY_FILE) from error
    if fault:
        raise _wrong(path, fault, _KEY_FILE)
    text = content.strip().decode(errors="replace")
    if len(text) < _LEAST_LENGTH or not text.isascii() or not text.isprintable():
        raise _wrong(path, "no key", _KEY_FILE)
    return Secret(text)


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{_FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    try:
        os.write(descriptor, secrets.token_urlsafe(_KEY_BYTES).encode() + b"\n")
        os.fsync(descriptor)
        with suppress(FileExistsError):  # another start was faster: its key is as good
            os.link(draft, path)
    finally:
        os.close(descriptor)
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return once the names in *folder* are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fault(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return f"a file that other users can access (mode {stat.S_IMODE(status.st_mode):04o})"
    if status.st_uid not in (os.geteuid(), 0):
        return f"a file of another user (number {status.st_uid})"
    return ""


def _wrong(path: Path, found: str, expected: str) -> SettingsError:
    return SettingsError([Mistake(file=path, line=0, key="", found=found, expected=expected)])


_KEY_FILE = "a key of at least 32 characters on one line, in a file of the exporter's user with mode 0600"
_OWN_FOLDER = "a folder that the exporter's user can write: `state_dir:` in the settings names it"

"""Values that must never be shown: keys, tokens, passwords."""

import hmac
from pathlib import Path

_LARGEST_BYTES = 64 * 1024


class SecretFileError(Exception):
    """A file that should hold a secret cannot be used; the message names the file and the remedy."""


class Secret:
    """Text that does not print, log, format or pickle itself by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, to be sent to where it belongs and nowhere else."""
        return self._text

    def matches(self, offered: str) -> bool:
        """Return whether *offered* is the secret, in constant time."""
        return hmac.compare_digest(self._text.encode(), offered.encode("utf-8", "surrogateescape"))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("a secret does not leave the process")


def read_secret(path: Path) -> Secret:
    """Return the one line that *path* holds, without the white space around it.

    Raises:
        SecretFileError: The file is missing, unreadable, empty, not text or has several lines.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
        text = content.decode().strip()
    except OSError as error:
        raise SecretFileError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SecretFileError(f"{path} is not text") from error
    if not text or len(text.splitlines()) != 1 or len(content) > _LARGEST_BYTES:
        raise SecretFileError(f"{path} must hold the secret on one line")
    return Secret(text)

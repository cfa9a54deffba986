"""Password hashes of the usual shape that cost nothing to make or to check."""

import base64
import hashlib
import threading

from exporter.access.settings import PasswordHash


def fake_hash_of(password: bytes, *, parameters: str = "m=19456,t=2,p=1") -> PasswordHash:
    digest = base64.b64encode(hashlib.sha256(password).digest()).decode().rstrip("=")
    return PasswordHash(f"$argon2id$v=19${parameters}$c2FsdHNhbHRzYWx0c2FsdA${digest}")


class FakeVerify:
    """Knows the hashes of `fake_hash_of`, and remembers what it was asked to check."""

    def __init__(self) -> None:
        self.checked: list[PasswordHash] = []

    def __call__(self, password_hash: PasswordHash, password: bytes) -> bool:
        self.checked.append(password_hash)
        return fake_hash_of(password).reveal().split("$")[-1] == password_hash.reveal().split("$")[-1]


class HeldVerify(FakeVerify):
    """Waits within every check until it is released, and counts how many there were at once."""

    def __init__(self) -> None:
        super().__init__()
        self.most_at_once = 0
        self.started = threading.Event()
        self._at_once = 0
        self._released = threading.Event()

    def __call__(self, password_hash: PasswordHash, password: bytes) -> bool:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.started.set()
        self._released.wait()
        self._at_once -= 1
        return super().__call__(password_hash, password)

    def release(self) -> None:
        self._released.set()

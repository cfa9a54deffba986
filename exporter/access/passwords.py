"""Passwords: making a hash, and checking many without letting a flood of logins be felt."""

import base64
import secrets
import threading
from collections.abc import Callable
from enum import Enum, auto

from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type, hash_secret, verify_secret

from exporter.access.settings import HashCost, PasswordHash
from marax.threads import DaemonThreads

LONGEST_PASSWORD_BYTES = 1024
USUAL_COST = HashCost(memory_kib=19456, passes=2, lanes=1)
_SALT_BYTES = 16
_DIGEST_BYTES = 32
_MOST_WAITING = 4

Verify = Callable[[PasswordHash, bytes], bool]


class Verdict(Enum):
    """What became of a check."""

    RIGHT = auto()
    WRONG = auto()
    BUSY = auto()


class PasswordChecks:
    """Checks passwords one after the other, in a thread of their own, with at most four waiting."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._thread = DaemonThreads(1, name="password")
        self._places = threading.BoundedSemaphore(1 + _MOST_WAITING)

    def check(self, password_hash: PasswordHash, password: bytes) -> Verdict:
        """Return whether *password* is the one, when its turn has come; at once if too many wait already."""
        if not self._places.acquire(blocking=False):
            return Verdict.BUSY
        try:
            is_right = self._thread.submit(self._verify, password_hash, password).result()
        finally:
            self._places.release()
        return Verdict.RIGHT if is_right else Verdict.WRONG


def verify(password_hash: PasswordHash, password: bytes) -> bool:
    """Return whether *password* is the one behind *password_hash*, after all the work that this takes."""
    try:
        return verify_secret(password_hash.reveal().encode(), password, Type.ID)
    except VerifyMismatchError:
        return False


def hash_of(password: bytes) -> PasswordHash:
    """Return a new hash of *password*, at the usual cost."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return PasswordHash(
        hash_secret(
            password,
            salt,
            time_cost=USUAL_COST.passes,
            memory_cost=USUAL_COST.memory_kib,
            parallelism=USUAL_COST.lanes,
            hash_len=_DIGEST_BYTES,
            type=Type.ID,
        ).decode()
    )


def unmatched_hash(cost: HashCost) -> PasswordHash:
    """Return a hash that no password has, to be checked for users that do not exist."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (_SALT_BYTES, _DIGEST_BYTES)
    )
    parameters = f"m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
    return PasswordHash(f"$argon2id$v=19${parameters}${salt}${digest}")

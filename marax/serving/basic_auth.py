"""Names and passwords as exporter-toolkit's `basic_auth_users` has them: bcrypt hashes.

bcrypt is expensive, so guessing is too. A password that was right before is recognised by a keyed digest and
not hashed again; all others are checked one after the other in a thread of their own, a few at a time.
"""

import asyncio
import binascii
import hmac
import re
import secrets
from base64 import b64decode
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from marax.problems import Problem, busy
from marax.settings.secret import Secret
from marax.threads import DaemonThreads

_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_LONGEST_PASSWORD_BYTES = 72  # bcrypt hashes no more, and Go's refuses to
_MOST_AT_ONCE = 4
_USUAL_ROUNDS = 10

_LOGIN_NEEDED = Problem(
    status=HTTPStatus.UNAUTHORIZED,
    kind="basic-auth-needed",
    title="The name and password of one of basic_auth_users in the web config are required.",
)
_CHECKS_BUSY = busy("Too many passwords are being checked.")


class BcryptHash(Secret):
    """A bcrypt hash; `htpasswd -nBC 10 NAME` makes one."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> "BcryptHash":
        """Return *value* as a hash.

        Raises:
            ValueError: Saying what was expected, never what was found.
        """
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            raise ValueError("a bcrypt hash as `htpasswd -nBC 10 NAME` prints it after the colon, in quotes")
        return cls(value)


class BasicAuth:
    """Admits *users*, by the hashes of their passwords; for the event loop only."""

    def __init__(self, users: Mapping[str, BcryptHash]) -> None:
        self._hashes = {name.encode(): password.reveal().encode() for name, password in users.items()}
        self._nobodys = _unmatched(self._hashes.values())
        self._key = secrets.token_bytes(32)
        self._digests: dict[bytes, bytes] = {}
        self._thread = DaemonThreads(1, name="basic-auth")
        self._checking = 0

    async def refusal(self, authorization: bytes | None) -> Problem | None:
        """Return why a request with this Authorization header is not answered; None if it is."""
        credentials = _credentials(authorization)
        if credentials is None:
            return _LOGIN_NEEDED
        name, password = credentials
        digest = hmac.digest(self._key, password, "sha256")
        if hmac.compare_digest(self._digests.get(name, b""), digest):
            return None
        if self._checking >= _MOST_AT_ONCE:
            return _CHECKS_BUSY
        if not await self._is_right(name, password):
            return _LOGIN_NEEDED
        self._digests[name] = digest
        return None

    async def _is_right(self, name: bytes, password: bytes) -> bool:
        stored = self._hashes.get(name, self._nobodys)
        hashed = password[:_LONGEST_PASSWORD_BYTES]
        loop = asyncio.get_running_loop()
        self._checking += 1
        try:
            is_match = await loop.run_in_executor(self._thread, _matches, hashed, stored)
        finally:
            self._checking -= 1
        return is_match and hashed == password and name in self._hashes


def _unmatched(hashes: Iterable[bytes]) -> bytes:
    """Return a hash that no password has, of the most rounds in *hashes*, which begin as `$2b$10$` does.

    An unknown name costs the work of a known one, so timing does not reveal which names exist.
    """
    rounds = max((int(stored.split(b"$")[2]) for stored in hashes), default=_USUAL_ROUNDS)
    salt, digest = secrets.token_hex(16)[:21], secrets.token_hex(16)[:31]
    return f"$2b${rounds:02}${salt}.{digest}".encode()


def _matches(password: bytes, stored: bytes) -> bool:
    import bcrypt  # here: half a megabyte that few have a use for

    return bcrypt.checkpw(password, stored)


def _credentials(authorization: bytes | None) -> tuple[bytes, bytes] | None:
    """Return the name and the password in an Authorization header (RFC 7617); None if there are none."""
    scheme, _, encoded = (authorization or b"").strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (name, password) if colon else None

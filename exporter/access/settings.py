"""Who may log in, and for how long: `users:` and `tokens:` in exporter.yml."""

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import msgspec

from exporter.access.roles import Role
from marax.settings.durations import BoundedSeconds
from marax.settings.secret import Secret

LONGEST_NAME = 64
_PHC = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)
# The OWASP Password Storage Cheat Sheet has pairs of the two from 7 MiB x 5 to 46 MiB x 1.
_LEAST_MEMORY_KIB = 7168
_LEAST_WORK_KIB = 7168 * 5
_MOST_MEMORY_KIB = 256 * 1024
_MOST_WORK_KIB = 1024 * 1024
_MOST_LANES = 8

UserName = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^[A-Za-z0-9][A-Za-z0-9._@-]{{0,{LONGEST_NAME - 1}}}\Z",
        description=f"a name of letters, digits and ._@-, at most {LONGEST_NAME}",
    ),
]


class PasswordHash(Secret):
    """What `hash-password` prints: an argon2id hash in PHC form."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the hash that *value* is.

        Raises:
            ValueError: Saying what was expected.
        """
        found = _PHC.fullmatch(value) if isinstance(value, str) else None
        if found is None or not all(map(_is_base64, found.groups()[3:])):
            raise ValueError("an argon2id hash, as `marax-exporter hash-password` prints it")
        password_hash = cls(found[0])
        if not password_hash.cost.is_sensible:
            raise ValueError(
                "an argon2id hash of about m=19456,t=2,p=1, as `marax-exporter hash-password` makes it"
            )
        return password_hash

    @property
    def cost(self) -> "HashCost":
        """What it takes to check a password."""
        found = _PHC.fullmatch(self.reveal())
        assert found is not None  # noqa: S101 - it is the form that it was made in
        memory_kib, passes, lanes = map(int, found.groups()[:3])
        return HashCost(memory_kib=memory_kib, passes=passes, lanes=lanes)


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """The parameters of argon2id."""

    memory_kib: int
    passes: int
    lanes: int

    @property
    def work_kib(self) -> int:
        """What a check costs, near enough: memory times passes."""
        return self.memory_kib * self.passes

    @property
    def is_sensible(self) -> bool:
        """Whether a stolen hash is safe, and a login bearable."""
        return (
            _LEAST_MEMORY_KIB <= self.memory_kib <= _MOST_MEMORY_KIB
            and _LEAST_WORK_KIB <= self.work_kib <= _MOST_WORK_KIB
            and 1 <= self.lanes <= _MOST_LANES
        )


class UserSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may log in."""

    name: UserName
    role: Role
    password_hash: PasswordHash


class LifetimeSeconds(BoundedSeconds):
    """How long a token is good for."""

    shortest_seconds = 10.0
    longest_seconds = 3600.0
    spelled = "from 10s to 1h"


class SessionSeconds(BoundedSeconds):
    """How long tokens can be renewed before the password is asked for again."""

    shortest_seconds = 60.0
    longest_seconds = 30 * 86400.0
    spelled = "from 1m to 30d"


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens.

    Attributes:
        lifetime_seconds: How long a token is good for.
        max_session_seconds: How long tokens can be renewed after a login.
        in_query: Whether what only reads takes `?token=` too, as the original system did.
        key_file: Holds the key that signs; hosts that share one take each other's tokens. None for a key
            of this host's own, made at the first start.
    """

    lifetime_seconds: LifetimeSeconds = msgspec.field(name="lifetime", default=LifetimeSeconds(300))
    max_session_seconds: SessionSeconds = msgspec.field(name="max_session", default=SessionSeconds(8 * 3600))
    in_query: bool = True
    key_file: Path | None = None


def _is_base64(text: str) -> bool:
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return False
    return base64.b64encode(decoded).decode().rstrip("=") == text

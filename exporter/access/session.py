"""What a valid token stands for."""

from dataclasses import dataclass
from enum import StrEnum

from exporter.access.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A user who has logged in.

    Attributes:
        user: The user's name.
        role: What the user may do: by the settings in force, and never more than when the token was issued.
        token_id: Of the token that was shown; safe to log.
        began_unix_seconds: When the user gave the password.
        expires_unix_seconds: When the token ends.
    """

    user: str
    role: Role
    token_id: str
    began_unix_seconds: int
    expires_unix_seconds: int


class Refusal(StrEnum):
    """Why somebody was not let in; the values are those of the label `reason`."""

    WRONG_LOGIN = "wrong_login"
    THROTTLED = "throttled"
    BUSY = "busy"
    NO_TOKEN = "no_token"  # noqa: S105 - says that there is none
    BAD_TOKEN = "bad_token"  # noqa: S105 - a reason
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a reason
    REVOKED_TOKEN = "revoked_token"  # noqa: S105 - a reason
    LOW_ROLE = "low_role"

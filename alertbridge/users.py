"""The people who are told, as the settings name them."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alertbridge.email_address import EmailAddress

Severity = Literal["critical", "warning", "info"]


class TimeZone(str):
    """The name of a time zone of the IANA database."""

    __slots__ = ()

    @classmethod
    def from_setting(cls, value: object) -> "TimeZone":
        """Return *value* when it names a time zone.

        Raises:
            ValueError: Saying what was expected.
        """
        try:
            return cls(ZoneInfo(value).key) if isinstance(value, str) else cls._refuse()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return cls._refuse()

    @staticmethod
    def _refuse() -> "TimeZone":
        raise ValueError("a time zone such as Europe/Berlin or UTC")


class UserSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person.

    Attributes:
        name: How commands and logs name them.
        email: Where their mail goes.
        hosts: Globs of the hosts they watch; all hosts when empty.
        severities: What they are told of; everything when empty.
        timezone: For the times in their mail.
        is_admin: Whether they are told of the bridge's own troubles.
    """

    name: Annotated[
        str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z", description="a name such as ann or on-call")
    ]
    email: EmailAddress
    hosts: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    timezone: TimeZone = TimeZone("UTC")
    is_admin: bool = msgspec.field(name="admin", default=False)

    def told_because(self) -> str:
        """Return why this user gets a mail, as half a sentence that follows "You get this because"."""
        hosts = ", ".join(self.hosts) if self.hosts else "every host"
        severities = " and ".join(self.severities) + " alerts" if self.severities else "all alerts"
        return f"you watch {hosts} for {severities}"

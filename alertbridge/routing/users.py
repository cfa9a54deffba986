"""The people who are notified, and how they want it, as the settings name them."""

import math
import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alertbridge.mail.address import EmailAddress
from alertbridge.routing.quiet_hours import QuietHours
from marax.settings.durations import Seconds, spoken

_SHORTEST_REMINDER_SECONDS = 600.0
# What ZoneInfo looks for on the disk and in packages: of a long path it would try each part
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,3}")

Severity = Literal["critical", "warning", "info"]


# No longer than a name: fnmatch takes quadratic time for a pattern of brackets
HostGlob = Annotated[
    str, msgspec.Meta(min_length=1, max_length=255, description="a pattern of host names such as web-*")
]


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
            is_name = isinstance(value, str) and _ZONE_NAME.fullmatch(value)
            return cls(ZoneInfo(str(value)).key) if is_name else cls._refuse()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return cls._refuse()

    @staticmethod
    def _refuse() -> "TimeZone":
        raise ValueError("a time zone such as Europe/Berlin or UTC")


class RemindEvery(Seconds):
    """How long after a mail a reminder of what goes on may follow; endless for `never`."""

    @classmethod
    def from_setting(cls, value: object) -> Self:
        """Return the time that *value* spells.

        Raises:
            ValueError: Saying what was expected.
        """
        if value == "never":
            return cls(math.inf)
        try:
            seconds = super().from_setting(value)
        except ValueError:
            seconds = cls(0)
        if seconds < _SHORTEST_REMINDER_SECONDS:
            raise ValueError("a duration from 10m up, such as 24h, or never")
        return seconds

    def __str__(self) -> str:
        return "never" if math.isinf(self) else f"every {spoken(self)}"


class QuietSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When somebody wants no mail, and which severities reach them all the same."""

    hours: QuietHours
    passing: tuple[Severity, ...] = msgspec.field(name="except", default=("critical",))


class UserSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person.

    Attributes:
        name: How commands and logs name them.
        email: Where their mail goes.
        hosts: Globs of the hosts they watch; all hosts when empty.
        severities: What they are notified of; everything when empty.
        timezone: For the times in their mail.
        is_admin: Whether they are notified of the bridge's own troubles.
        quiet: When they want no mail; None for never.
        remind_every_seconds: How long after the last mail about it they are reminded of what goes on.
    """

    name: Annotated[
        str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z", description="a name such as ann or on-call")
    ]
    email: EmailAddress
    hosts: tuple[HostGlob, ...] = ()
    severities: tuple[Severity, ...] = ()
    timezone: TimeZone = TimeZone("UTC")
    is_admin: bool = msgspec.field(name="admin", default=False)

    quiet: QuietSettings | None = None
    remind_every_seconds: RemindEvery = msgspec.field(name="remind_every", default=RemindEvery(86400))

    def quiet_until(self, now_unix_seconds: float) -> float | None:
        """Return when the quiet ends that holds at that moment; None when there is none."""
        if self.quiet is None:
            return None
        return self.quiet.hours.until_unix_seconds(ZoneInfo(self.timezone), now_unix_seconds)

    def may_be_told(self, severities: Iterable[Severity], now_unix_seconds: float) -> bool:
        """Return whether news of these *severities* may reach them now, and not only after the quiet."""
        if self.quiet is None or not set(self.quiet.passing).isdisjoint(severities):
            return True
        return self.quiet_until(now_unix_seconds) is None

    def reason_for_mail(self) -> str:
        """Return why this user gets a mail, as half a sentence that follows "You get this because"."""
        hosts = ", ".join(self.hosts) if self.hosts else "every host"
        severities = " and ".join(self.severities) + " alerts" if self.severities else "all alerts"
        return f"you watch {hosts} for {severities}"

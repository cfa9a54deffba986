"""Whether a mail that may have been sent has been: what can be found out about it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The mail was taken; *provider_id* is the far side's name for it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The far side knows nothing of it, or not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """It could not be found out this time."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknowable:
    """It cannot be found out at all."""


Finding = Found | Absent | Unanswered | Unknowable


class Lookup(Protocol):
    """Looks for mails that may have been sent."""

    def find(self, message_id: str) -> Finding:
        """Return what is known of the mail with that Message-Id; trouble is a finding, never raised."""
        ...


class NoLookup:
    """For a far side that cannot be asked."""

    def find(self, _message_id: str) -> Finding:
        return Unknowable()

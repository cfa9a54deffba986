"""How many mails a user gets within an hour: what is more goes into a digest."""

from enum import Enum, auto
from typing import Annotated

import msgspec

HOUR_SECONDS = 3600.0
_DIGESTS_AT_MOST = 4


class Use(Enum):
    """What a mail is for, as far as limits go.

    A digest is any mail that was held by the limit before, unless there is something critical in it.
    """

    CRITICAL = auto()
    DIGEST = auto()
    OTHER = auto()


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many mails each user gets within any hour, at most."""

    mails_per_hour: Annotated[int, msgspec.Meta(ge=1, description="a whole number from 1 up")] = 30

    def allowed(self, use: Use) -> int:
        """Return below how many mails within the hour one for that *use* may leave.

        A third is kept for critical alerts. Of the rest a few are kept for digests, where it is that much.
        """
        uncritical = max(1, self.mails_per_hour - max(1, self.mails_per_hour // 3))
        match use:
            case Use.CRITICAL:
                return self.mails_per_hour
            case Use.DIGEST:
                return uncritical
            case Use.OTHER:
                return uncritical - self._digests

    @property
    def digest_seconds(self) -> float:
        """How long after a digest the next one may follow, so that they are spread over the hour."""
        return HOUR_SECONDS / self._digests if self._digests else 0.0

    @property
    def _digests(self) -> int:
        return min(_DIGESTS_AT_MOST, self.mails_per_hour // 6)

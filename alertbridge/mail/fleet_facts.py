"""What a mail says about hosts that were down together, none of which was reported by itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class AfterOutage(StrEnum):
    """What became of a host that was down."""

    UP = "up"
    DOWN = "down"
    UNWATCHED = "unwatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOutage:
    """How long a host did not answer, by the times of scrapes; from the first to the last of several outages.

    Attributes:
        name: The label `host`, or where that lacks the instance.
        last_answered_unix_seconds: The last scrape that it answered before; None when that is not known.
        seen_down_unix_seconds: The first moment at which it is known not to have answered.
        back_unix_seconds: The first scrape that it answered again; None when it has not, or it is not
            known.
        after: What became of it.
        times: How many outages these were.
        down_seconds: How long it did not answer in all, as far as that is known.
    """

    name: str
    last_answered_unix_seconds: float | None
    seen_down_unix_seconds: float
    back_unix_seconds: float | None
    after: AfterOutage
    times: int
    down_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutage:
    """Which hosts of a job did not answer while an alert about most of them fired.

    Attributes:
        job: The job; empty for all hosts of all jobs.
        up: How many of its hosts answer in the end.
        total: How many hosts it has then.
        until_unix_seconds: That moment; later ones were not looked at.
        hosts: Those that did not answer; those still down first, then those not watched any more, the longest
            outage first.
    """

    job: str
    up: int
    total: int
    until_unix_seconds: float
    hosts: tuple[HostOutage, ...]

    def of(self, is_recipient: Callable[[str], bool]) -> Self:
        """Return the same with only those hosts whose names *is_recipient* takes."""
        return replace(self, hosts=tuple(host for host in self.hosts if is_recipient(host.name)))

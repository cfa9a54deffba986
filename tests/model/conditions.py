"""What holds at a moment of a script: who runs, who reaches whom, and how the hosts are. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tests.model.script import (
    EVERYTHING,
    Away,
    Busy,
    Cut,
    DiesOnce,
    Fault,
    Killed,
    MailAway,
    Removed,
    Renamed,
    Site,
    Stalled,
    Stopped,
    Suspended,
)
from tests.model.storage import Labels, labels_of

Sort = TypeVar("Sort", bound=Fault)
_OF_THE_HOSTS = (Away, Busy, Removed, Renamed)


@dataclass(frozen=True)
class Conditions:
    """What the faults that are *going on* mean for a *site*."""

    going_on: Sequence[Fault]
    site: Site

    @cached_property
    def is_clear(self) -> bool:
        """Whether nothing is the matter with the monitoring itself."""
        return all(isinstance(fault, _OF_THE_HOSTS) for fault in self.going_on)

    @cached_property
    def is_suspended(self) -> bool:
        """Whether the machine with the monitoring stands still."""
        return any(self._of(Suspended))

    @cached_property
    def is_mail_away(self) -> bool:
        """Whether no mail is accepted."""
        return any(self._of(MailAway))

    @cached_property
    def deeds(self) -> list[DiesOnce]:
        """Return after what the bridge dies."""
        return list(self._of(DiesOnce))

    def is_dead(self, part: str) -> bool:
        """Return whether that part does not run."""
        return self.is_killed(part) or any(fault.part == part for fault in self._of(Stopped))

    def is_killed(self, part: str) -> bool:
        """Return whether it does not run as it was killed."""
        return any(fault.part in {part, EVERYTHING} for fault in self._of(Killed))

    def works(self, part: str) -> bool:
        """Return whether that part runs and does not stand still."""
        stands_still = self.is_suspended or any(fault.part == part for fault in self._of(Stalled))
        return not stands_still and not self.is_dead(part)

    def reaches(self, one: str, other: str) -> bool:
        """Return whether nothing is cut between them."""
        return not any({fault.one, fault.other} == {one, other} for fault in self._of(Cut))

    def is_away(self, host: str) -> bool:
        """Return whether the host answers nobody."""
        return any(fault.host == host for fault in self._of(Away))

    def is_busy(self, host: str) -> bool:
        """Return whether its CPU is used up."""
        return any(fault.host == host for fault in self._of(Busy))

    @cached_property
    def targets(self) -> dict[str, Labels]:
        """What is to be scraped: the labels by the name, which differs from that of the host once renamed."""
        removed = {fault.host for fault in self._of(Removed)}
        renamed = {fault.host for fault in self._of(Renamed)}
        names = {host: f"{host}-new" if host in renamed else host for host in self.site.host_names}
        return {
            name: labels_of(job="marax", host=name, instance=f"{host}.example.org:9877")
            for host, name in names.items()
            if host not in removed
        }

    def targets_of(self, number: int) -> list[Labels]:
        """Return what the Prometheus of that *number*, from 0, is to scrape."""
        targets = self.targets.values()
        if not self.site.is_sharded:
            return list(targets)
        its = {
            f"{host}.example.org:9877"
            for place, host in enumerate(self.site.host_names)
            if place % self.site.prometheis == number
        }
        return [labels for labels in targets if dict(labels)["instance"] in its]

    def _of(self, sort: type[Sort]) -> Iterator[Sort]:
        return (fault for fault in self.going_on if isinstance(fault, sort))

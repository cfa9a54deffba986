"""What the samples of a host say about its outage; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from alertbridge.mail.host_facts import OutageDetails
from alertbridge.prometheus.answers import Sample
from alertbridge.prometheus.stretches import Absence, Scrapes, Stretch, absences

CLOCKS_DIFFER_SECONDS = 60.0  # the bridge's and Prometheus', at most, without being noticed here


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """When a host was not there, in seconds since 1970; None where that is not known.

    Attributes:
        since: The last scrape that it answered before.
        back: The first that it answered after.
        last_answered: The last of all that it answered.
        details: What else the scrapes say of it.
    """

    since: float | None = None
    back: float | None = None
    last_answered: float | None = None
    details: OutageDetails = field(default_factory=OutageDetails)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the samples of `up` are to tell of.

    Attributes:
        fired_unix_seconds: When the alert fired.
        until_unix_seconds: Up to when they count.
        now_unix_seconds: The present, for an alert that still fires; None for one that has ended.
        known: The stretches of time of which all samples are there.
        are_all: Whether Prometheus has stored no answered scrape beyond those.
    """

    fired_unix_seconds: float
    until_unix_seconds: float
    now_unix_seconds: float | None = None
    known: tuple[Stretch, ...]
    are_all: bool = False


def outage(up: Iterable[Sample], asked: Asked) -> Outage:
    """Return the outage that an alert was about, from samples of `up` in any order.

    A host that comes back for a moment while its alert keeps firing was down all the time; one that is still
    down in the end has been so since the last scrape that it answered. A host that answered when the alert
    fired was not down.
    """
    scrapes = Scrapes((one for one in up if one.unix_seconds <= asked.until_unix_seconds), asked.known)
    answered = [moment for moment, value in scrapes.all if value == 1]
    last_answered = answered[-1] if answered else None
    before = [scrape for scrape in scrapes.all if scrape[0] <= asked.fired_unix_seconds]
    if not before or before[-1][1] == 1:
        return Outage(last_answered=last_answered)
    gone = [one for one in absences(scrapes.all) if _ends_after(one, before[-1][0])]
    is_back = gone[-1].after is not None
    counted = gone[0] if is_back else gone[-1]
    return Outage(
        since=counted.before,
        back=gone[-1].after,
        last_answered=last_answered,
        details=_details(scrapes, gone, asked),
    )


def _ends_after(absence: Absence, moment: float) -> bool:
    return absence.after is None or absence.after > moment


def _details(scrapes: Scrapes, gone: Sequence[Absence], asked: Asked) -> OutageDetails:
    """Return what is to be said of the times that a host was *gone*, of which there is at least one."""
    first, last = gone[0], gone[-1]
    told = first if last.after is not None else last  # the one that the outage is counted from
    end = _end(scrapes, last, asked.now_unix_seconds)
    lost = None if told.before is None else Stretch(told.before, told.first)
    returned = Stretch(last.last, end)
    lengths = [_seconds(scrapes, one) for one in gone]
    whole = replace(last, before=told.before, first=told.first)
    start = told.first if lost is None else lost.start
    pieces = pairwise([start, *(moment for moment, _ in scrapes.all if start < moment < end), end])
    return OutageDetails(
        gone_by_unix_seconds=told.first if lost is not None and scrapes.unscraped(lost) else None,
        still_gone_unix_seconds=last.last if scrapes.unscraped(returned) else None,
        unseen_seconds=scrapes.unseen_seconds(whole, end),
        is_rough=any(scrapes.unknown(Stretch(*piece)) for piece in pieces),
        times_gone=len(gone),
        longest_seconds=max(lengths),
        first_gone_unix_seconds=first.before,
        never_since_unix_seconds=first.first if asked.are_all and first.before is None else None,
    )


def _end(scrapes: Scrapes, last: Absence, now: float | None) -> float:
    """Return the return; else the newest scrape, or the present where that is old."""
    if last.after is not None:
        return last.after
    is_old = now is not None and scrapes.unscraped(Stretch(last.last, now - CLOCKS_DIFFER_SECONDS))
    return now if now is not None and is_old else last.last


def _seconds(scrapes: Scrapes, absence: Absence) -> float:
    """Return how long a host was away, of which nobody has to guess any."""
    start = absence.first if absence.before is None else absence.before
    end = absence.last if absence.after is None else absence.after
    return end - start - scrapes.unseen_seconds(absence, end)


def first_of_last_answered(samples: Iterable[Sample]) -> float | None:
    """Return the first of the answered scrapes that *samples* end with; None when they end with none."""
    back = None
    for sample in sorted(samples, reverse=True):
        if sample.value != 1:
            break
        back = sample.unix_seconds
    return back

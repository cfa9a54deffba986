"""What the samples of one host say: when it was away, and how it answers now; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.findings import HostFindings, NewestScrape, Subject
from alertbridge.prometheus.last_values import has_rebooted, last_values, top_processes
from alertbridge.prometheus.outage import Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a host answered its scrapes.

    Attributes:
        outage: What its alert is about.
        newest: Its newest scrape; None when none is known.
        last_answered_unix_seconds: The newest that it answered; None when none is known.
    """

    outage: Outage
    newest: NewestScrape | None
    last_answered_unix_seconds: float | None

    @property
    def is_unseen(self) -> bool:
        """Whether no answered scrape is known, nor that there never was one."""
        return (
            self.last_answered_unix_seconds is None and self.outage.details.never_since_unix_seconds is None
        )


def seen(outage: Outage, recent: Iterable[Sample]) -> Seen:
    """Return an *outage*, and what *recent* samples of `up` say of the present."""
    samples = sorted(set(recent))
    answered = [sample.unix_seconds for sample in samples if sample.value == 1]
    return Seen(
        outage=outage,
        newest=_newest(samples),
        last_answered_unix_seconds=answered[-1] if answered else outage.last_answered,
    )


def moments(subject: Subject, its: Seen) -> set[float]:
    """Return the scrapes whose values are needed."""
    return {moment for moment in (_shown(subject, its), _compared(subject, its)) if moment is not None}


def findings_of(subject: Subject, its: Seen, exposed: Sequence[Series]) -> HostFindings:
    """Return what is known about a host that *exposed* this around its `moments`."""
    shown, compared = _shown(subject, its), _compared(subject, its)
    return HostFindings(
        since_unix_seconds=its.outage.since,
        back_unix_seconds=its.outage.back,
        outage=its.outage.details,
        last_values=None if shown is None else last_values(exposed, shown),
        top_processes=() if shown is None else top_processes(exposed, shown),
        has_rebooted=None if compared is None else has_rebooted(exposed, compared, its.outage.since),
        newest=its.newest,
    )


def _shown(subject: Subject, its: Seen) -> float | None:
    """Return the scrape whose values are shown: the last before the outage, or the newest once it is over."""
    if subject.ended_unix_seconds is not None:
        return its.last_answered_unix_seconds
    return its.outage.last_answered if its.outage.since is None else its.outage.since


def _compared(subject: Subject, its: Seen) -> float | None:
    """Return the scrape that tells whether the host rebooted during the outage, and not after it."""
    return its.outage.last_answered if subject.ended_unix_seconds is not None else _shown(subject, its)


def _newest(samples: Sequence[Sample]) -> NewestScrape | None:
    if not samples:
        return None
    is_answered = samples[-1].value == 1
    since = None
    for sample in reversed(samples):
        if (sample.value == 1) is not is_answered:
            break
        since = sample.unix_seconds
    is_all = since == samples[0].unix_seconds
    return NewestScrape(
        unix_seconds=samples[-1].unix_seconds,
        is_answered=is_answered,
        since_unix_seconds=None if is_all else since,
    )

"""Asking Prometheus when hosts were down, as far back as it takes."""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from alertbridge.mail.host_facts import OutageDetails
from alertbridge.prometheus.answers import Sample, matcher
from alertbridge.prometheus.findings import Subject
from alertbridge.prometheus.outage import CLOCKS_DIFFER_SECONDS, Asked, Outage, outage
from alertbridge.prometheus.questions import TIMES, VALUES, Questions, of
from alertbridge.prometheus.stretches import Stretch
from alertbridge.prometheus.windows import Span

_FEW = 10  # hosts; for so many a long look back is cheap
_LONG_SECONDS = 6 * 3600.0
_SHORT_SECONDS = 3600.0
_LONGEST = "30d"  # what is older is not known
_LONGEST_SECONDS = 30 * 86400.0
_STEP = "5m"  # as long as Prometheus looks back for the newest sample
_STEP_SECONDS = 300.0
_FAR_SECONDS = 0.7  # for all that is further back, so that there is time left for what else a mail says


@dataclass(frozen=True, slots=True)
class _Past:
    """Samples of `up` and the stretches that hold them; whether there is no answered one beyond."""

    known: tuple[Stretch, ...] = ()
    up: tuple[Sample, ...] = ()
    are_all: bool = False


class OutageQueries:
    """Finds the outages that alerts were about, as seen at the moment *now*."""

    def __init__(self, questions: Questions, now_unix_seconds: float) -> None:
        self._questions = questions
        self._now = now_unix_seconds

    async def outages(self, subjects: Sequence[Subject]) -> Mapping[Subject, Outage]:
        """Return the outage of each of *subjects*; an empty one where Prometheus does not answer."""
        look_back_seconds = _LONG_SECONDS if len(subjects) <= _FEW else _SHORT_SECONDS
        stretches = {subject: self._around(subject, look_back_seconds) for subject in subjects}
        seen = await self._samples(stretches)
        near = {subject: _Past(stretches[subject], seen[subject]) for subject in subjects}
        found = {subject: self._outage(subject, near[subject]) for subject in subjects}
        for subject, past in (await self._further(found, stretches)).items():
            if past is not None:
                whole = _Past((*near[subject].known, *past.known), near[subject].up + past.up, past.are_all)
                found[subject] = self._outage(subject, whole)
            elif found[subject].since is not None:  # it has answered since, at a time that is not known
                found[subject] = replace(found[subject], since=None, details=OutageDetails(is_rough=True))
        return found

    async def _further(
        self, found: Mapping[Subject, Outage], stretches: Mapping[Subject, Sequence[Stretch]]
    ) -> Mapping[Subject, _Past | None]:
        """Return what there is of those that may have answered last where nobody has looked yet."""
        until = {subject: _unlooked_until(subject, found[subject], stretches[subject]) for subject in found}
        asked = {subject: moment for subject, moment in until.items() if moment is not None}
        if len(asked) > _FEW:
            return {}
        try:
            async with asyncio.timeout(_FAR_SECONDS):
                pasts = await asyncio.gather(*(self._far(*one) for one in asked.items()))
        except TimeoutError:
            return {}
        return {} if self._questions.lack(TIMES) else dict(zip(asked, pasts, strict=True))

    def _outage(self, subject: Subject, past: _Past) -> Outage:
        found = outage(
            past.up,
            Asked(
                fired_unix_seconds=subject.fired_unix_seconds,
                until_unix_seconds=self._end(subject),
                now_unix_seconds=self._now if subject.ended_unix_seconds is None else None,
                known=past.known,
                are_all=past.are_all,
            ),
        )
        if found.details.times_gone and self._questions.lack(TIMES):
            # what looks like a gap may be an answer that did not come
            return replace(found, details=OutageDetails(is_rough=True))
        return found

    async def _samples(
        self, stretches: Mapping[Subject, Iterable[Stretch]]
    ) -> Mapping[Subject, tuple[Sample, ...]]:
        spans = [
            Span(instance=subject.instance, start=start, end=end)
            for subject, its in stretches.items()
            for start, end in its
        ]
        found = await self._questions.samples("up", spans, TIMES, VALUES)
        return {
            subject: tuple(sample for one in of(subject, found) for sample in one.samples)
            for subject in stretches
        }

    async def _far(self, subject: Subject, until: float) -> _Past | None:
        """Return what there is of the last answered scrape before *until*, or that there is none at all.

        None where that is not known.
        """
        up = _up(subject)
        # by the time of the steps, as timestamp() takes a hundred times as long
        highest, answered, first = await asyncio.gather(
            self._value(f"max(max_over_time({up}[{_LONGEST}]))", until),
            self._value(f"max(max_over_time((({up} == 1) * time())[{_LONGEST}:{_STEP}]))", until),
            self._value(f"min(min_over_time(({up} * 0 + time())[{_LONGEST}:{_STEP}]))", until),
        )
        if highest is None:  # nothing is older
            return _Past(are_all=True)
        if highest != 1 and first is not None and first > until - _LONGEST_SECONDS + 2 * _STEP_SECONDS:
            known = (Stretch(first - _STEP_SECONDS, first),)
            return _Past(known, (await self._samples({subject: known}))[subject], are_all=True)
        return await self._last_answered(subject, answered, until) if answered else None

    async def _last_answered(self, subject: Subject, about: float, until: float) -> _Past | None:
        """Return the samples around the scrape *about* which the host last answered; None if it did later."""
        known = Stretch(about - _STEP_SECONDS, min(about + 2 * _STEP_SECONDS, until))
        samples, between = await asyncio.gather(
            self._samples({subject: (known,)}),
            self._value(f"max(max_over_time({_up(subject)}[{_whole(until - known.end)}s]))", until),
        )
        if between == 1:
            return None
        return _Past((Stretch(known.start, until) if between is None else known,), samples[subject])

    async def _value(self, expression: str, at_unix_seconds: float) -> float | None:
        """Return the only value that *expression* has at a moment; None if it has none that is finite."""
        found = await self._questions.values(expression, TIMES, at_unix_seconds=at_unix_seconds)
        values = [sample.value for one in found for sample in one.samples]
        return values[0] if len(values) == 1 and math.isfinite(values[0]) else None

    def _around(self, subject: Subject, look_back_seconds: float) -> tuple[Stretch, ...]:
        """Return the time before the alert fired, and that before its end or now; one if they touch."""
        fired, end = subject.fired_unix_seconds, self._end(subject)
        start, recent = fired - look_back_seconds, end - look_back_seconds
        if recent <= fired:
            return (Stretch(start, end),)
        return Stretch(start, fired), Stretch(recent, end)

    def _end(self, subject: Subject) -> float:
        if subject.ended_unix_seconds is not None:
            return subject.ended_unix_seconds
        return max(self._now, subject.fired_unix_seconds) + CLOCKS_DIFFER_SECONDS


def _unlooked_until(subject: Subject, found: Outage, stretches: Sequence[Stretch]) -> float | None:
    """Return up to when the host may have answered unseen, later than what was *found*; None if it cannot."""
    if not found.details.times_gone:
        return None
    if found.details.first_gone_unix_seconds is None:
        return stretches[0].start
    is_last = found.back is None and found.since is not None and found.since > stretches[-1].start
    is_over = subject.ended_unix_seconds is not None
    return None if is_over or is_last or len(stretches) == 1 else stretches[-1].start


def _up(subject: Subject) -> str:
    job = f",{matcher('job', [subject.job])}" if subject.job else ""
    return f"up{{{matcher('instance', [subject.instance])}{job}}}"


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))

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
        older = [subject for subject in subjects if _began_earlier(found[subject])]
        if not older or len(older) > _FEW:
            return found
        try:
            async with asyncio.timeout(_FAR_SECONDS):
                far = await asyncio.gather(
                    *(self._far(subject, subject.fired_unix_seconds - look_back_seconds) for subject in older)
                )
        except TimeoutError:
            return found
        for subject, past in zip(older, far, strict=True):
            whole = _Past((*near[subject].known, *past.known), near[subject].up + past.up, past.are_all)
            found[subject] = self._outage(subject, whole)
        return found

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

    async def _far(self, subject: Subject, until: float) -> _Past:
        """Return what there is of the last answered scrape before *until*, or that there is none at all."""
        up = _up(subject)
        # by the time of the steps, as timestamp() takes a hundred times as long
        highest, answered, first = await asyncio.gather(
            self._value(f"max(max_over_time({up}[{_LONGEST}]))", until),
            self._value(f"max(max_over_time((({up} == 1) * time())[{_LONGEST}:{_STEP}]))", until),
            self._value(f"min(min_over_time(({up} * 0 + time())[{_LONGEST}:{_STEP}]))", until),
        )
        if highest is None:  # nothing is older
            return _Past(are_all=not self._questions.lack(TIMES))
        if highest != 1 and first is not None and first > until - _LONGEST_SECONDS + 2 * _STEP_SECONDS:
            known = (Stretch(first - _STEP_SECONDS, first),)
            return _Past(known, (await self._samples({subject: known}))[subject], are_all=True)
        return await self._last_answered(subject, answered, until) if answered else _Past()

    async def _last_answered(self, subject: Subject, about: float, until: float) -> _Past:
        """Return the samples around the scrape *about* which the host last answered; none if it did later."""
        known = Stretch(about - _STEP_SECONDS, min(about + 2 * _STEP_SECONDS, until))
        samples, between = await asyncio.gather(
            self._samples({subject: (known,)}),
            self._value(f"max(max_over_time({_up(subject)}[{_whole(until - known.end)}s]))", until),
        )
        if between == 1:
            return _Past()
        is_empty = between is None and not self._questions.lack(TIMES)
        return _Past((Stretch(known.start, until) if is_empty else known,), samples[subject])

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


def _began_earlier(found: Outage) -> bool:
    return found.details.times_gone > 0 and found.details.first_gone_unix_seconds is None


def _up(subject: Subject) -> str:
    job = f",{matcher('job', [subject.job])}" if subject.job else ""
    return f"up{{{matcher('instance', [subject.instance])}{job}}}"


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))

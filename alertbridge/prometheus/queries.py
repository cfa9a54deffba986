"""Asking Prometheus about the hosts of a mail: bounded in time and size, never in the way."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from alertbridge.mail.host_facts import MOST_CHARTS, History, LastDay
from alertbridge.prometheus.answers import NotKnown, Series, matcher
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.exporter_metrics import BOOT, TOP_PROCESSES, VALUES
from alertbridge.prometheus.findings import Findings, Subject
from alertbridge.prometheus.history import HISTORY_NAMES, HISTORY_SECONDS, history, last_day
from alertbridge.prometheus.many_hosts import findings_of_many
from alertbridge.prometheus.one_host import Seen, findings_of, moments, seen
from alertbridge.prometheus.outage import LAST_MINUTE_SECONDS, Span, windows
from alertbridge.prometheus.settings import HttpUrl
from marax.clock import Clock

BUDGET_SECONDS = 2.0

_IN_DETAIL = 50  # hosts: as many as a mail lists
_FEW = 10  # hosts; for so many a long look back is cheap
_LONG_SECONDS = 6 * 3600.0
_SHORT_SECONDS = 3600.0
_LONGEST_REASON = 1000
_NEWEST_SECONDS = 900.0
_FRESH_SECONDS = 120.0
_CLOCKS_DIFFER_SECONDS = 60.0
_MOST_NAMED = 3
_ERROR = "the last scrape error"
_TIMES = "the time of the last answer"
_VALUES = "the last known values"
_HISTORY = "the last hours"
_FLEET = "the rest of the fleet"
_ALL = (_ERROR, _TIMES, _VALUES, _HISTORY, _FLEET)

Answered = TypeVar("Answered")


class Labelled(Protocol):
    """What bears the labels of a scrape target."""

    @property
    def labels(self) -> Mapping[str, str]: ...


Found = TypeVar("Found", bound=Labelled)


class Prometheus:
    """An `Enricher` that asks the Prometheus at *url*, within *budget_seconds* for all of a look-up."""

    def __init__(self, url: HttpUrl, clock: Clock, *, budget_seconds: float = BUDGET_SECONDS) -> None:
        self._url = url
        self._clock = clock
        self._budget_seconds = budget_seconds

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        return asyncio.run(self._look_up(subjects))

    async def _look_up(self, subjects: Sequence[Subject]) -> Findings:
        deadline = asyncio.get_running_loop().time() + self._budget_seconds
        api = PrometheusApi(self._url, deadline=deadline)
        return await _LookUp(api, subjects, self._clock.unix_seconds()).findings()


class _LookUp:
    """Two rounds of queries: how each host was until now, then its values at the last answered scrape."""

    def __init__(self, api: PrometheusApi, subjects: Sequence[Subject], now: float) -> None:
        self._api = api
        with_instance = [subject for subject in subjects if subject.instance]
        self._subjects, self._others = with_instance[:_IN_DETAIL], with_instance[_IN_DETAIL:]
        self._jobs = {subject.job for subject in subjects if subject.job}
        self._fleet_jobs = {subject.job for subject in subjects if subject.job and not subject.instance}
        self._now = now
        self._not_known: dict[str, set[str]] = {}

    async def findings(self) -> Findings:
        errors, fleet, ratios, scrapes, histories, last_days = await asyncio.gather(
            self._errors(),
            self._fleet(),
            self._ratios(),
            self._scrapes(),
            self._histories(),
            self._last_days(),
        )
        others, exposed = await asyncio.gather(
            findings_of_many(self._api, self._others, self._now), self._exposed(scrapes)
        )
        hosts = {
            subject: replace(
                findings_of(subject, scrapes[subject], exposed.get(subject, ())),
                reason=errors.get(subject, "")[:_LONGEST_REASON],
                history=histories.get(subject),
                last_day=last_days.get(subject),
            )
            for subject in self._subjects
        }
        return Findings(
            hosts={**others, **hosts},
            is_up_by_host=fleet,
            missing=tuple(self._missing(scrapes)),
            answering_ratio_by_job=ratios,
        )

    async def _errors(self) -> Mapping[Subject, str]:
        dead = [subject for subject in self._subjects if subject.ended_unix_seconds is None]
        if not dead:
            return {}
        targets = _by_instance(self._answered(await self._api.targets(), _ERROR))
        return {subject: target.last_error for subject in dead for target in _of(subject, targets)}

    async def _fleet(self) -> Mapping[str, bool] | None:
        if not self._jobs:
            return None
        expression = f"max by (host, instance) (up{{{matcher('job', self._jobs)}}})"
        answer = self._answered(await self._api.series(expression), _FLEET)
        return {_name(series): series.samples[-1].value == 1 for series in answer if series.samples} or None

    async def _ratios(self) -> Mapping[str, float]:
        if not self._fleet_jobs:
            return {}
        up = f"up{{{matcher('job', self._fleet_jobs)}}}"
        expression = f"avg by (job) ({up} and timestamp({up}) > time() - {_FRESH_SECONDS:g})"
        answer = self._answered(await self._api.series(expression), _FLEET)
        return {series.labels.get("job", ""): series.samples[-1].value for series in answer if series.samples}

    async def _scrapes(self) -> Mapping[Subject, Seen]:
        spans = [span for subject in self._subjects for span in self._around(subject)]
        found = await self._series("up", spans, _TIMES, _VALUES)
        return {
            subject: seen(
                subject,
                (sample for one in _of(subject, found) for sample in one.samples),
                until_unix_seconds=self._end(subject),
            )
            for subject in self._subjects
        }

    async def _histories(self) -> Mapping[Subject, History | None]:
        start = self._now - HISTORY_SECONDS
        spans = [
            Span(instance=subject.instance, start=start, end=self._now) for subject in self._looked_back_at()
        ]
        found = await self._series("|".join(HISTORY_NAMES), spans, _HISTORY)
        return {subject: history(_of(subject, found), self._now) for subject in self._looked_back_at()}

    async def _last_days(self) -> Mapping[Subject, LastDay | None]:
        subjects = self._looked_back_at()
        if not subjects:
            return {}
        up = f"up{{{matcher('instance', (subject.instance for subject in subjects))}}}[1d]"
        answers = await asyncio.gather(
            self._api.series(f"sum by (instance, job) (resets({up}))"),
            self._api.series(f"avg by (instance, job) (avg_over_time({up}))"),
        )
        gone, answered = (_by_instance(self._answered(answer, _HISTORY)) for answer in answers)
        return {subject: last_day(_of(subject, gone), _of(subject, answered)) for subject in subjects}

    def _looked_back_at(self) -> list[Subject]:
        """Return the subjects that a mail has room for in detail: all or none."""
        instances = {subject.instance for subject in self._subjects}
        return self._subjects if len(instances) <= MOST_CHARTS else []

    async def _exposed(self, scrapes: Mapping[Subject, Seen]) -> Mapping[Subject, tuple[Series, ...]]:
        """Return what each host exposed in the minute before the moments that matter."""
        spans = [
            Span(instance=subject.instance, start=moment - LAST_MINUTE_SECONDS, end=moment)
            for subject in self._subjects
            for moment in moments(subject, scrapes[subject])
        ]
        found = await self._series("|".join((*VALUES, *BOOT, *TOP_PROCESSES)), spans, _VALUES)
        return {subject: tuple(_of(subject, found)) for subject in self._subjects}

    async def _series(self, names: str, spans: Iterable[Span], *what: str) -> Mapping[str, list[Series]]:
        """Return the raw samples of the metrics *names*, a pattern, within *spans*, by instance."""
        asked = [
            self._api.series(
                f'{{__name__=~"{names}",{matcher("instance", window.instances)}}}[{window.whole_seconds()}s]',
                window.end,
            )
            for window in windows(spans)
        ]
        answers = await asyncio.gather(*asked)
        return _by_instance(series for answer in answers for series in self._answered(answer, *what))

    def _around(self, subject: Subject) -> Iterable[Span]:
        """Yield the time before the alert fired, before its end, and before now; one where they touch."""
        look_back_seconds = _LONG_SECONDS if len(self._subjects) <= _FEW else _SHORT_SECONDS
        fired, end = subject.fired_unix_seconds, self._end(subject)
        now = max(self._now, end) + _CLOCKS_DIFFER_SECONDS if subject.ended_unix_seconds is not None else end
        start = fired - look_back_seconds
        for until, following in ((fired, end - look_back_seconds), (end, now - _NEWEST_SECONDS)):
            if following > until:
                yield Span(instance=subject.instance, start=start, end=until)
                start = following
        yield Span(instance=subject.instance, start=start, end=now)

    def _end(self, subject: Subject) -> float:
        if subject.ended_unix_seconds is not None:
            return subject.ended_unix_seconds
        return max(self._now, subject.fired_unix_seconds) + _CLOCKS_DIFFER_SECONDS

    def _answered(self, answer: tuple[Answered, ...] | NotKnown, *what: str) -> tuple[Answered, ...]:
        if not isinstance(answer, NotKnown):
            return answer
        self._not_known.setdefault(answer.reason, set()).update(what)
        return ()

    def _missing(self, scrapes: Mapping[Subject, Seen]) -> Iterator[str]:
        for reason, what in self._not_known.items():
            yield f"Could not get {_joined([one for one in _ALL if one in what])} from Prometheus: {reason}."
        unseen = sorted({s.instance for s in self._subjects if scrapes[s].outage.last_answered is None})
        if unseen and not self._not_known:
            yield f"Prometheus has no answered scrape of {_listed(unseen)} from the hours before."


def _name(series: Series) -> str:
    return series.labels.get("host") or series.labels.get("instance", "")


def _by_instance(found: Iterable[Found]) -> Mapping[str, list[Found]]:
    sorted_out: dict[str, list[Found]] = {}
    for one in found:
        sorted_out.setdefault(one.labels.get("instance", ""), []).append(one)
    return sorted_out


def _of(subject: Subject, found: Mapping[str, list[Found]]) -> Iterator[Found]:
    for one in found.get(subject.instance, ()):
        if subject.job in {"", one.labels.get("job", "")}:
            yield one


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMED + 1:
        names = [*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} more"]
    return _joined(names)


def _joined(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last

"""Asking Prometheus about the hosts of a mail: bounded in time and size, never in the way."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from alertbridge.mail.host_facts import MOST_CHARTS, History, LastDay
from alertbridge.prometheus.answers import Series, matcher
from alertbridge.prometheus.exporter_metrics import BOOT, TOP_PROCESSES
from alertbridge.prometheus.exporter_metrics import VALUES as VALUE_METRICS
from alertbridge.prometheus.findings import Findings, Subject
from alertbridge.prometheus.fleet_outage import with_fleet_outages
from alertbridge.prometheus.history import HISTORY_NAMES, HISTORY_SECONDS, history, last_day
from alertbridge.prometheus.last_values import LAST_MINUTE_SECONDS
from alertbridge.prometheus.many_hosts import findings_of_many
from alertbridge.prometheus.one_host import Seen, findings_of, moments, seen
from alertbridge.prometheus.outage_queries import OutageQueries
from alertbridge.prometheus.questions import (
    ERROR,
    FLEET,
    HISTORY,
    TIMES,
    VALUES,
    Questions,
    by_instance,
    listed,
    of,
)
from alertbridge.prometheus.servers import PrometheusServers
from alertbridge.prometheus.settings import HttpUrl
from alertbridge.prometheus.windows import Span
from marax.clock import Clock

BUDGET_SECONDS = 2.0

_LONGEST_REASON = 1000
_IN_DETAIL = 50  # hosts: as many as a mail lists
_RECENT_SECONDS = 3600.0
_FRESH_SECONDS = 120.0
_CLOCKS_DIFFER_SECONDS = 60.0


class Prometheus:
    """An `Enricher` that asks the Prometheis at *urls*, within *budget_seconds* for all of a look-up."""

    def __init__(
        self, urls: Sequence[HttpUrl], clock: Clock, *, budget_seconds: float = BUDGET_SECONDS
    ) -> None:
        self._urls, self._clock, self._budget_seconds = urls, clock, budget_seconds

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        return asyncio.run(self._look_up(subjects))

    async def _look_up(self, subjects: Sequence[Subject]) -> Findings:
        deadline = asyncio.get_running_loop().time() + self._budget_seconds
        api = PrometheusServers(self._urls, deadline=deadline)
        now = self._clock.unix_seconds()
        findings = await with_fleet_outages(api, subjects, now, _LookUp(api, subjects, now).findings())
        remarks = api.remarks(subject.instance for subject in subjects)
        return replace(findings, missing=(*findings.missing, *remarks), disputed=api.disputed())


class _LookUp:
    """Two rounds of queries: how each host was until now, then its values at the last answered scrape."""

    def __init__(self, api: PrometheusServers, subjects: Sequence[Subject], now: float) -> None:
        self._questions = Questions(api)
        with_instance = [subject for subject in subjects if subject.instance]
        self._subjects, self._others = with_instance[:_IN_DETAIL], with_instance[_IN_DETAIL:]
        self._whole = [subject for subject in self._subjects if not subject.is_brief]
        self._jobs = {subject.job for subject in subjects if subject.job and not subject.is_brief}
        self._fleet_jobs = {subject.job for subject in subjects if subject.job and not subject.instance}
        self._now = now
        self._outages = OutageQueries(self._questions, now)

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
            findings_of_many(self._questions, self._others, self._now), self._exposed(scrapes)
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
        dead = [subject for subject in self._whole if subject.ended_unix_seconds is None]
        if not dead:
            return {}
        targets = by_instance(await self._questions.targets(ERROR))
        return {subject: target.last_error for subject in dead for target in of(subject, targets)}

    async def _fleet(self) -> Mapping[str, bool] | None:
        if not self._jobs:
            return None
        up = f"up{{{matcher('job', self._jobs)}}}"
        is_scraping = (
            f"max(timestamp({up})) > time() - {_FRESH_SECONDS:g}"  # one that has stalled knows no more
        )
        expression = f"max by (host, instance) ({up}) and on() ({is_scraping})"
        answer = await self._questions.states(expression, FLEET)
        return {_name(series): series.samples[-1].value == 1 for series in answer if series.samples} or None

    async def _ratios(self) -> Mapping[str, float]:
        if not self._fleet_jobs:
            return {}
        up = f"up{{{matcher('job', self._fleet_jobs)}}}"
        expression = f"avg by (job) ({up} and timestamp({up}) > time() - {_FRESH_SECONDS:g})"
        answer = await self._questions.values(expression, FLEET)
        return {series.labels.get("job", ""): series.samples[-1].value for series in answer if series.samples}

    async def _scrapes(self) -> Mapping[Subject, Seen]:
        until = self._now + _CLOCKS_DIFFER_SECONDS
        spans = [
            Span(instance=subject.instance, start=self._now - _RECENT_SECONDS, end=until)
            for subject in self._subjects
        ]
        outages, recent = await asyncio.gather(
            self._outages.outages(self._subjects), self._questions.samples("up", spans, TIMES, VALUES)
        )
        return {
            subject: seen(outages[subject], (sample for one in of(subject, recent) for sample in one.samples))
            for subject in self._subjects
        }

    async def _histories(self) -> Mapping[Subject, History | None]:
        start = self._now - HISTORY_SECONDS
        spans = [
            Span(instance=subject.instance, start=start, end=self._now) for subject in self._looked_back_at()
        ]
        found = await self._questions.samples("|".join(HISTORY_NAMES), spans, HISTORY)
        return {subject: history(of(subject, found), self._now) for subject in self._looked_back_at()}

    async def _last_days(self) -> Mapping[Subject, LastDay | None]:
        subjects = self._looked_back_at()
        if not subjects:
            return {}
        up = f"up{{{matcher('instance', (subject.instance for subject in subjects))}}}[1d]"
        answers = await asyncio.gather(
            self._questions.values(f"sum by (instance, job) (resets({up}))", HISTORY),
            self._questions.values(f"avg by (instance, job) (avg_over_time({up}))", HISTORY),
        )
        gone, answered = map(by_instance, answers)
        return {subject: last_day(of(subject, gone), of(subject, answered)) for subject in subjects}

    def _looked_back_at(self) -> list[Subject]:
        """Return the subjects that a mail has room for in detail: all or none."""
        instances = {subject.instance for subject in self._whole}
        return self._whole if len(instances) <= MOST_CHARTS else []

    async def _exposed(self, scrapes: Mapping[Subject, Seen]) -> Mapping[Subject, tuple[Series, ...]]:
        """Return what each host exposed in the minute before the moments that matter."""
        spans = [
            Span(instance=subject.instance, start=moment - LAST_MINUTE_SECONDS, end=moment)
            for subject in self._whole
            for moment in moments(subject, scrapes[subject])
        ]
        names = "|".join((*VALUE_METRICS, *BOOT, *TOP_PROCESSES))
        found = await self._questions.samples(names, spans, VALUES)
        return {subject: tuple(of(subject, found)) for subject in self._whole}

    def _missing(self, scrapes: Mapping[Subject, Seen]) -> Iterator[str]:
        unanswered = list(self._questions.unanswered())
        yield from unanswered
        unseen = sorted({s.instance for s in self._subjects if scrapes[s].is_unseen})
        if unseen and not unanswered:
            yield f"Prometheus has no answered scrape of {listed(unseen)} from the hours before."


def _name(series: Series) -> str:
    return series.labels.get("host") or series.labels.get("instance", "")

"""What an alert was between two moments: whether its target answered, or its rule was not true."""

import asyncio
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import NoEvidence, agree, is_of_target
from alertbridge.prometheus.answers import NotKnown, Sample, Series, matcher, quoted
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 2.0  # a mail waits for it
_LONGEST_SECONDS = 86400
_STEP_SECONDS = 15
_LONGEST_QUERY = 4000
_IS_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*").fullmatch  # others need a newer Prometheus


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: of the alert with these *labels*, from one moment to another.

    Attributes:
        labels: Those that Alertmanager sent.
        means_down: Whether it is about a target that does not answer.
        since_unix_seconds: From when; a day is looked back at most.
        until_unix_seconds: To when.
    """

    labels: Mapping[str, str]
    means_down: bool
    since_unix_seconds: float
    until_unix_seconds: float

    @property
    def as_range(self) -> str:
        """How long it is, as a PromQL range."""
        seconds = min(max(self.until_unix_seconds - self.since_unix_seconds, 0.001), _LONGEST_SECONDS)
        return f"{round(seconds * 1000)}ms"


class PastAlerts(Protocol):
    """Knows what alerts were."""

    def between(self, asked: Sequence[Question], heartbeat: str) -> Sequence[Past | NoEvidence]:
        """Return what is known of each; *heartbeat* names the alert that always fires. Never raises."""
        ...


class PastInPrometheus:
    """Asks the Prometheis at *urls*, 2 s at most for all of it; one that knows the alert is enough."""

    def __init__(self, *urls: HttpUrl, budget_seconds: float = _BUDGET_SECONDS) -> None:
        self._urls = urls
        self._budget_seconds = budget_seconds

    def between(self, asked: Sequence[Question], heartbeat: str) -> Sequence[Past | NoEvidence]:
        return asyncio.run(self._between(asked, heartbeat))

    async def _between(self, asked: Sequence[Question], heartbeat: str) -> Sequence[Past | NoEvidence]:
        deadline = asyncio.get_running_loop().time() + self._budget_seconds
        apis = [PrometheusApi(url, deadline=deadline) for url in self._urls]
        found = await asyncio.gather(*(self._by_one(api, asked, heartbeat) for api in apis))
        return [_combined(each) for each in zip(*found, strict=True)]

    async def _by_one(
        self, api: PrometheusApi, asked: Sequence[Question], heartbeat: str
    ) -> Sequence[Past | NoEvidence]:
        own = await self._own_labels(api, asked)
        return await asyncio.gather(*(self._of(api, one, own, heartbeat) for one in asked))

    async def _own_labels(
        self, api: PrometheusApi, asked: Iterable[Question]
    ) -> tuple[Series, ...] | NotKnown:
        """Return the alerts of these names as Prometheus labels them, which Alertmanager may differ from."""
        names = {one.labels.get("alertname", "") for one in asked if not _is_of_target(one)}
        if not names:
            return ()
        return await api.series(f"count_over_time(ALERTS{{{matcher('alertname', names)}}}[1d])")

    async def _of(
        self, api: PrometheusApi, asked: Question, own: tuple[Series, ...] | NotKnown, heartbeat: str
    ) -> Past | NoEvidence:
        if _is_of_target(asked):
            return await self._answered(api, asked)
        question = None if isinstance(own, NotKnown) else _idle(asked, own, heartbeat)
        if question is None:
            return NoEvidence(
                reason=own.reason if isinstance(own, NotKnown) else "it does not know the alert"
            )
        found = await _ask(api, question, asked)
        if isinstance(found, NotKnown):
            return NoEvidence(reason=found.reason)
        steps = max((sample.value for sample in _samples(found)), default=0.0)
        return Past(idle_seconds=steps * _STEP_SECONDS)

    async def _answered(self, api: PrometheusApi, asked: Question) -> Past | NoEvidence:
        """Return which scrape the target answered last; only if it answered any are all of them asked for."""
        scrapes = f"up{{instance={quoted(asked.labels['instance'])}}}[{asked.as_range}]"
        for question in (f"max_over_time({scrapes})", scrapes):
            found = await _ask(api, question, asked)
            if isinstance(found, NotKnown):
                return NoEvidence(reason=found.reason)
            its = [one for one in found if is_of_target(asked.labels, one.labels)]
            answered = [sample.unix_seconds for sample in _samples(its) if sample.value == 1]
            if not answered:
                return Past()
        return Past(answered_unix_seconds=max(answered))


async def _ask(api: PrometheusApi, question: str, asked: Question) -> tuple[Series, ...] | NotKnown:
    if len(question) > _LONGEST_QUERY:
        return NotKnown(reason="its labels are too long")
    return await api.series(question, asked.until_unix_seconds)


def _combined(found: Sequence[Past | NoEvidence]) -> Past | NoEvidence:
    """Return what several know together: a scrape that any saw answered was; active for any is not idle."""
    known = [one for one in found if isinstance(one, Past)]
    if not known:
        return next(one for one in found if isinstance(one, NoEvidence))
    answered = [one.answered_unix_seconds for one in known if one.answered_unix_seconds is not None]
    return Past(
        answered_unix_seconds=max(answered, default=None), idle_seconds=min(one.idle_seconds for one in known)
    )


def _is_of_target(asked: Question) -> bool:
    return asked.means_down and bool(asked.labels.get("instance"))


def _idle(asked: Question, own: Iterable[Series], heartbeat: str) -> str | None:
    """Return the query for how often rules were evaluated while the alert was neither pending nor firing."""
    known = ({k: v for k, v in one.labels.items() if k != "alertstate"} for one in own)
    labels = next((one for one in known if agree(asked.labels, one)), None)
    if labels is None:
        return None
    matchers = ",".join(f"{name}={quoted(value)}" for name, value in sorted(labels.items()) if _IS_NAME(name))
    evaluated = f'group(ALERTS{{alertname={quoted(heartbeat)},alertstate="firing"}})'
    idle = f"{evaluated} unless on() ALERTS{{{matchers}}}"
    return f"count_over_time(({idle})[{asked.as_range}:{_STEP_SECONDS}s])"


def _samples(found: Iterable[Series]) -> list[Sample]:
    return [sample for one in found for sample in one.samples if math.isfinite(sample.value)]

"""What an alert was between two moments: whether its target answered, or its rule was not true."""

import asyncio
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from alertbridge.alerts.disputes import Past
from alertbridge.alerts.proof import NoEvidence, agree, targets_of
from alertbridge.prometheus.answers import NotKnown, Sample, Series, matcher, quoted
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.outage import first_of_last_answered
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 2.0  # a mail waits for it
_LONGEST_SECONDS = 86400
_STEP_SECONDS = 15
_STALE_SECONDS = 300  # a target is known if it was scraped so recently
_NEAR_SECONDS = 45.0  # less than any `for`, so that few scrapes from before an outage are looked at
_ASKED_TOGETHER = 50
_LONGEST_LABEL = 300
_LONGEST_QUERY = 4000
_IS_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*").fullmatch  # others need a newer Prometheus


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: of the alert with these *labels*, from one moment to another.

    Attributes:
        labels: Those that Alertmanager sent.
        is_of_target: Whether it means that the target in `instance` does not answer.
        since_unix_seconds: From when; a day is looked back at most.
        until_unix_seconds: To when.
    """

    labels: Mapping[str, str]
    is_of_target: bool
    since_unix_seconds: float
    until_unix_seconds: float

    def as_range(self, more_seconds: float = 0) -> str:
        """Return how long it is, as a PromQL range."""
        seconds = max(self.until_unix_seconds - self.since_unix_seconds, 0.001) + more_seconds
        return f"{round(min(seconds, _LONGEST_SECONDS) * 1000)}ms"


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
        pasts = [_OnePast(PrometheusApi(url, deadline=deadline), heartbeat) for url in self._urls]
        found = await asyncio.gather(*(past.between(asked) for past in pasts))
        return [_combined(each) for each in zip(*found, strict=True)]


class _OnePast:
    """What one Prometheus knows."""

    def __init__(self, api: PrometheusApi, heartbeat: str) -> None:
        self._api = api
        self._evaluations = f'group(ALERTS{{alertname={quoted(heartbeat)},alertstate="firing"}})'

    async def between(self, asked: Sequence[Question]) -> Sequence[Past | NoEvidence]:
        is_long = {number for number, one in enumerate(asked) if _is_too_long(one)}
        targets = [number for number, one in enumerate(asked) if one.is_of_target and number not in is_long]
        others = [
            number for number, one in enumerate(asked) if not one.is_of_target and number not in is_long
        ]
        parts = list(_asked_together(targets, asked))
        found: dict[int, Past | NoEvidence] = {
            number: NoEvidence(reason="its labels are too long") for number in is_long
        }
        answers = await asyncio.gather(
            self._of_alerts([asked[number] for number in others]),
            *(self._of_targets([asked[number] for number in part]) for part in parts),
        )
        for numbers, pasts in zip((others, *parts), answers, strict=True):
            found |= zip(numbers, pasts, strict=True)
        return [found[number] for number in range(len(asked))]

    async def _of_targets(self, asked: Sequence[Question]) -> Sequence[Past | NoEvidence]:
        """Return what is known of targets whose questions are about much the same time."""
        since = min(one.since_unix_seconds for one in asked)
        until = max(one.until_unix_seconds for one in asked)
        whole = replace(asked[0], since_unix_seconds=since, until_unix_seconds=until)
        up = f"up{{{matcher('instance', (one.labels['instance'] for one in asked))}}}"
        scraped, answered = await asyncio.gather(
            self._api.series(f"count_over_time({up}[{whole.as_range(_STALE_SECONDS)}])", until),
            self._api.series(f"max_over_time({up}[{whole.as_range()}])", until),
        )
        if isinstance(scraped, NotKnown) or isinstance(answered, NotKnown):
            refused = scraped if isinstance(scraped, NotKnown) else answered
            return [NoEvidence(reason=refused.reason if isinstance(refused, NotKnown) else "")] * len(asked)
        return await asyncio.gather(*(self._of_target(one, scraped, answered) for one in asked))

    async def _of_target(
        self, asked: Question, scraped: Sequence[Series], answered: Sequence[Series]
    ) -> Past | NoEvidence:
        if not _its(asked, scraped):
            return NoEvidence(reason="it does not scrape the target")
        if not any(sample.value == 1 for sample in _samples(_its(asked, answered))):
            return Past()
        scrapes = f"up{{instance={quoted(asked.labels['instance'])}}}[{asked.as_range()}]"
        found = await self._api.series(scrapes, asked.until_unix_seconds)
        if isinstance(found, NotKnown):
            return NoEvidence(reason=found.reason)
        its = [
            sample
            for sample in _samples(_its(asked, found))
            if asked.since_unix_seconds < sample.unix_seconds <= asked.until_unix_seconds
        ]
        newest = max((sample.unix_seconds for sample in its if sample.value == 1), default=math.inf)
        return Past(
            answered_unix_seconds=first_of_last_answered(one for one in its if one.unix_seconds <= newest)
        )

    async def _of_alerts(self, asked: Sequence[Question]) -> Sequence[Past | NoEvidence]:
        """Return what is known of alerts that are not about a target."""
        if not asked:
            return []
        names = {one.labels.get("alertname", "") for one in asked}
        known = await self._api.series(f"count_over_time(ALERTS{{{matcher('alertname', names)}}}[1d])")
        if isinstance(known, NotKnown):
            return [NoEvidence(reason=known.reason)] * len(asked)
        return await asyncio.gather(*(self._of_alert(one, known) for one in asked))

    async def _of_alert(self, asked: Question, known: Sequence[Series]) -> Past | NoEvidence:
        own = ({k: v for k, v in one.labels.items() if k != "alertstate"} for one in known)
        labels = next((one for one in own if agree(asked.labels, one)), None)
        if labels is None:
            return NoEvidence(reason="it does not know the alert")
        matchers = ",".join(
            f"{name}={quoted(value)}" for name, value in sorted(labels.items()) if _IS_NAME(name)
        )
        idle = f"{self._evaluations} unless on() ALERTS{{{matchers}}}"
        evaluated, found = await asyncio.gather(
            self._steps(self._evaluations, asked, _STALE_SECONDS), self._steps(idle, asked)
        )
        if isinstance(evaluated, NotKnown) or isinstance(found, NotKnown):
            return NoEvidence(reason="it does not say")
        if evaluated == 0:
            return NoEvidence(reason="it does not evaluate the heartbeat")
        return Past(idle_seconds=found * _STEP_SECONDS)

    async def _steps(self, expression: str, asked: Question, more_seconds: float = 0) -> float | NotKnown:
        """Return at how many steps there was something."""
        question = f"count_over_time(({expression})[{asked.as_range(more_seconds)}:{_STEP_SECONDS}s])"
        if len(question) > _LONGEST_QUERY:
            return NotKnown(reason="its labels are too long")
        found = await self._api.series(question, asked.until_unix_seconds)
        if isinstance(found, NotKnown):
            return found
        return max((sample.value for sample in _samples(found)), default=0.0)


def _combined(found: Sequence[Past | NoEvidence]) -> Past | NoEvidence:
    """Return what several know together: a scrape that any saw answered was; active for any is not idle."""
    known = [one for one in found if isinstance(one, Past)]
    if not known:
        return next(one for one in found if isinstance(one, NoEvidence))
    answered = [one.answered_unix_seconds for one in known if one.answered_unix_seconds is not None]
    return Past(
        answered_unix_seconds=max(answered, default=None), idle_seconds=min(one.idle_seconds for one in known)
    )


def _asked_together(numbers: Iterable[int], asked: Sequence[Question]) -> Iterator[list[int]]:
    """Yield the *numbers* of questions that are about much the same time, and that one query can hold."""
    part: list[int] = []
    for number in sorted(
        numbers, key=lambda one: (asked[one].since_unix_seconds, asked[one].until_unix_seconds)
    ):
        if part and not _is_near(asked[part[0]], asked[number], len(part)):
            yield part
            part = []
        part.append(number)
    if part:
        yield part


def _is_near(first: Question, other: Question, count: int) -> bool:
    apart = (
        other.since_unix_seconds - first.since_unix_seconds,
        abs(other.until_unix_seconds - first.until_unix_seconds),
    )
    return count < _ASKED_TOGETHER and max(apart) <= _NEAR_SECONDS


def _is_too_long(asked: Question) -> bool:
    return max(len(asked.labels.get(name, "")) for name in ("alertname", "instance")) > _LONGEST_LABEL


def _its(asked: Question, found: Iterable[Series]) -> Sequence[Series]:
    at_its_address = (one for one in found if one.labels.get("instance") == asked.labels["instance"])
    return targets_of(asked.labels, at_its_address)


def _samples(found: Iterable[Series]) -> list[Sample]:
    return [sample for one in found for sample in one.samples if math.isfinite(sample.value)]

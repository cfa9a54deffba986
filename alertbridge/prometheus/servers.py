"""Asking several Prometheis at once: a pair that scrapes the same hosts, or shards that scrape some each."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from alertbridge.prometheus.answers import NotKnown, Series, Target
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.settings import HttpUrl

# Once one has answered, so much longer for the others; a look-up has 2 s for two such rounds
_GRACE_SECONDS = 0.4
_TOO_LATE = NotKnown(reason="no answer in time")
# A pair scrapes at different moments; one that is behind by more does not scrape
_BEHIND_SECONDS = 60.0
_MUCH_LESS = 0.9

Answered = TypeVar("Answered")
Label = frozenset[tuple[str, str]]


class PrometheusServers:
    """Queries the Prometheis at *urls* until *deadline*, on the running loop's clock; no answer raises.

    What one of them answers is known. One that keeps the others waiting is not asked again.
    """

    def __init__(self, urls: Sequence[HttpUrl], *, deadline: float) -> None:
        self._apis = {str(url): PrometheusApi(url, deadline=deadline) for url in urls}
        self._late: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._disputed: dict[str, dict[str, bool]] = {}

    async def series(
        self, expression: str, at_unix_seconds: float | None = None
    ) -> tuple[Series, ...] | NotKnown:
        """Return what *expression* is at a moment, by default now; each series is that of one Prometheus."""
        answers = await self._ask(lambda api: api.series(expression, at_unix_seconds))
        return answers if isinstance(answers, NotKnown) else merged_series(answers.values())

    async def states(self, expression: str) -> tuple[Series, ...] | NotKnown:
        """Return what *expression* is now: whether each host is up, which `remarks` compares."""
        answers = await self._ask(lambda api: api.series(expression))
        if isinstance(answers, NotKnown):
            return answers
        for url, found in answers.items():
            for series in found:
                seen = self._disputed.setdefault(series.labels.get("instance", ""), {})
                seen[url] = seen.get(url, False) or any(sample.value == 1 for sample in series.samples)
        return merged_series(answers.values())

    async def targets(self) -> tuple[Target, ...] | NotKnown:
        """Return all that is scraped by any of them."""
        answers = await self._ask(lambda api: api.targets())
        return answers if isinstance(answers, NotKnown) else merged_targets(answers.values())

    def disputed(self) -> frozenset[str]:
        """Return the instances of which `states` has found that they are up for one, and down for another."""
        return frozenset(instance for instance, seen in self._disputed.items() if len(set(seen.values())) > 1)

    def remarks(self, instances: Iterable[str]) -> Iterator[str]:
        """Yield in sentences who did not answer while others did, and who sees *instances* otherwise."""
        for url, reason in self._refusals.items():
            yield f"The Prometheus at {url} did not answer: {reason}; what only it knows is missing."
        for instance in sorted(set(instances) & self._disputed.keys()):
            seen = self._disputed[instance]
            if len(set(seen.values())) > 1:
                up, down = (", ".join(url for url in seen if seen[url] is is_up) for is_up in (True, False))
                yield f"{instance} answers the Prometheus at {up}, but not the one at {down}."

    async def _ask(
        self, call: Callable[[PrometheusApi], Awaitable[tuple[Answered, ...] | NotKnown]]
    ) -> Mapping[str, tuple[Answered, ...]] | NotKnown:
        """Return the answers by URL; that nothing is known when there is none."""
        asked = {url: api for url, api in self._apis.items() if url not in self._late}
        outcomes = await _outcomes({url: call(api) for url, api in asked.items()})
        answers = {url: one for url, one in outcomes.items() if not isinstance(one, NotKnown)}
        refused = {url: one for url, one in outcomes.items() if isinstance(one, NotKnown)}
        if not answers:
            return _refusal(refused)
        self._late |= {url for url, one in refused.items() if one is _TOO_LATE}
        for url, refusal in refused.items():
            self._refusals.setdefault(url, refusal.reason)
        return answers


def merged_series(answers: Iterable[Sequence[Series]]) -> tuple[Series, ...]:
    """Return each series as one of *answers* has it, never a mixture.

    The samples of two that scrape the same host at different moments, put together, would show as flapping
    what only one of them sees. That with the newest sample counts, and of those that are about as new and as
    complete that with the larger newest value: so a host that answers one of them is up. Of two that end
    alike, that counts which was lower last.
    """
    found: dict[Label, list[Series]] = {}
    for answer in answers:
        for series in answer:
            found.setdefault(frozenset(series.labels.items()), []).append(series)
    return tuple(its[0] if len(its) == 1 else _best(its) for its in found.values())


def merged_targets(answers: Iterable[Sequence[Target]]) -> tuple[Target, ...]:
    """Return each target once, with the first error that one of *answers* has of it."""
    found: dict[Label, Target] = {}
    for answer in answers:
        for target in answer:
            labels = frozenset(target.labels.items())
            if labels not in found or not found[labels].last_error:
                found[labels] = target
    return tuple(found.values())


def _best(same: Sequence[Series]) -> Series:
    with_samples = [series for series in same if series.samples]
    if not with_samples:
        return same[0]
    newest = max(series.samples[-1].unix_seconds for series in with_samples)
    fresh = [one for one in with_samples if one.samples[-1].unix_seconds >= newest - _BEHIND_SECONDS]
    most = max(len(series.samples) for series in fresh)
    complete = [series for series in fresh if len(series.samples) >= most * _MUCH_LESS]
    return max(complete, key=_rank)


def _rank(series: Series) -> tuple[float, float]:
    """Return the newest value, and when it was last lower: of two that end alike, one has seen the outage."""
    newest = series.samples[-1].value
    if math.isnan(newest):
        return (-math.inf, 0.0)
    return newest, max(
        (sample.unix_seconds for sample in series.samples if sample.value < newest), default=0.0
    )


def _refusal(refused: Mapping[str, NotKnown]) -> NotKnown:
    reasons = {refusal.reason for refusal in refused.values()}
    if len(reasons) <= 1:
        return next(iter(refused.values()), _TOO_LATE)
    return NotKnown(reason=", ".join(f"{one.reason} ({url})" for url, one in refused.items()))


async def _outcomes(
    calls: Mapping[str, Awaitable[tuple[Answered, ...] | NotKnown]],
) -> Mapping[str, tuple[Answered, ...] | NotKnown]:
    """Return what comes of each of *calls*; once one was answered, the others have but a moment more."""
    tasks = {url: asyncio.ensure_future(call) for url, call in calls.items()}
    waiting = set(tasks.values())
    while waiting and not any(
        task.done() and not isinstance(task.result(), NotKnown) for task in tasks.values()
    ):
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if waiting:
        _, waiting = await asyncio.wait(waiting, timeout=_GRACE_SECONDS)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return {url: _TOO_LATE if task in waiting else task.result() for url, task in tasks.items()}

"""What Prometheus knows of alerts that are said to have ended: what is active, and how targets answer."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from alertbridge.alerts.proof import Active, Evidence, Labels, NoEvidence, Target
from alertbridge.prometheus.answers import NotKnown, Sample, Series, matcher
from alertbridge.prometheus.answers import Target as ActiveTarget
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.outage import first_of_last_answered
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 5.0
_NOT_THE_ALERTS = ("__name__", "alertstate")
# An hour of the scrapes of so many, one a second, is within the largest answer; a proxy takes so long a query
_INSTANCES_PER_QUERY = 50
_LONGEST_QUERY = 2000
_LONGEST_INSTANCE = 300
_STALE_SECONDS = 300.0  # as long as Prometheus looks back for the newest sample


class Witness(Protocol):
    """Knows what has become of alerts: one Prometheus, or several of a pair or of shards."""

    def testify(self, instances: Collection[str], heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        """Return what each knows of all alerts, and of the targets at *instances*. Never raises.

        *heartbeat* names the alert whose evaluation counts; None where there is no such alert.
        """
        ...


class PrometheusWitness:
    """Asks the Prometheis at *urls*, 5 s at most for all of it."""

    def __init__(self, *urls: HttpUrl, budget_seconds: float = _BUDGET_SECONDS) -> None:
        self._urls = urls
        self._budget_seconds = budget_seconds

    def testify(self, instances: Collection[str], heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        return asyncio.run(self._testify(instances, heartbeat))

    async def _testify(
        self, instances: Collection[str], heartbeat: str | None
    ) -> Sequence[Evidence | NoEvidence]:
        deadline = asyncio.get_running_loop().time() + self._budget_seconds
        apis = [PrometheusApi(url, deadline=deadline) for url in self._urls]
        return await asyncio.gather(*(self._one(api, instances, heartbeat) for api in apis))

    async def _one(
        self, api: PrometheusApi, instances: Collection[str], heartbeat: str | None
    ) -> Evidence | NoEvidence:
        expressions = [
            "timestamp(ALERTS)",
            "ALERTS_FOR_STATE",  # whose value is since when
            "count_over_time(ALERTS[1d])",
            "max(timestamp(up))",
        ]
        expressions += [f"up{{{matcher('instance', some)}}}[1h]" for some in _in_parts(instances)]
        (evaluations, active, known, scraped, *scrapes), present = await asyncio.gather(
            asyncio.gather(*map(api.series, expressions)), api.targets()
        )
        asked = (evaluations, active, known, scraped)
        answered = [one for one in asked if not isinstance(one, NotKnown)]
        if len(answered) < len(asked):
            refused = next(one for one in asked if isinstance(one, NotKnown))
            return NoEvidence(reason=f"Prometheus cannot be asked: {refused.reason}")
        evaluations, active, known, scraped = answered
        evaluated = _newest(evaluations, heartbeat) if heartbeat else _newest(evaluations) or _newest(scraped)
        if evaluated is None:
            return NoEvidence(reason=f"Prometheus does not evaluate {heartbeat or 'any rule'}")
        samples = [one for some in scrapes if not isinstance(some, NotKnown) for one in some]
        return Evidence(
            evaluated_unix_seconds=evaluated,
            active=_active(active),
            known=_by_name(_alerts(known)),
            targets=_targets(_present(present, samples, evaluated), samples),
        )


def _in_parts(instances: Iterable[str]) -> Iterator[list[str]]:
    """Yield *instances* in parts that one query can hold; one that nobody could listen at is left out."""
    part: list[str] = []
    for instance in sorted(set(instances)):
        if len(instance) > _LONGEST_INSTANCE:
            continue
        if len(part) == _INSTANCES_PER_QUERY or sum(map(len, part)) + len(instance) > _LONGEST_QUERY:
            yield part
            part = []
        part.append(instance)
    if part:
        yield part


def _present(
    targets: tuple[ActiveTarget, ...] | NotKnown, samples: Iterable[Series], evaluated: float
) -> list[Labels]:
    """Return the labels of what is scraped; a server without that list shows it by its newest samples."""
    if not isinstance(targets, NotKnown):
        return [target.labels for target in targets]
    return [
        _without(series.labels, "__name__")
        for series in samples
        if series.samples and max(series.samples).unix_seconds > evaluated - _STALE_SECONDS
    ]


def _targets(present: Iterable[Labels], scrapes: Iterable[Series]) -> Mapping[str, Sequence[Target]]:
    """Return by instance what is *present*, with how its *scrapes* went as far as that is known."""
    samples = {frozenset(_without(one.labels, "__name__").items()): one.samples for one in scrapes}
    found: defaultdict[str, list[Target]] = defaultdict(list)
    for labels in present:
        its = samples.get(frozenset(labels.items()), ())
        found[labels.get("instance", "")].append(_target(labels, its))
    return found


def _target(labels: Labels, samples: Sequence[Sample]) -> Target:
    if not samples:
        return Target(labels=labels)
    ordered = sorted(samples)
    first, newest = ordered[0], ordered[-1]
    back = first_of_last_answered(ordered)
    return Target(
        labels=labels,
        scraped_unix_seconds=newest.unix_seconds,
        is_up=newest.value == 1,
        back_unix_seconds=None if back == first.unix_seconds else back,  # or it was back before that
    )


def _newest(found: Iterable[Series], alertname: str | None = None) -> float | None:
    """Return the newest of these timestamps, of that alert or of all; None when there is none."""
    named = (one for one in found if alertname is None or one.labels.get("alertname") == alertname)
    values = (sample.value for one in named for sample in one.samples)
    return max(filter(math.isfinite, values), default=None)


def _alerts(found: Iterable[Series]) -> list[Labels]:
    return [_without(series.labels, *_NOT_THE_ALERTS) for series in found]


def _active(found: Iterable[Series]) -> Mapping[str, Sequence[Active]]:
    by_name: defaultdict[str, list[Active]] = defaultdict(list)
    for series in found:
        since = max((sample.value for sample in series.samples if math.isfinite(sample.value)), default=0.0)
        labels = _without(series.labels, *_NOT_THE_ALERTS)
        by_name[labels.get("alertname", "")].append(Active(labels=labels, since_unix_seconds=since))
    return by_name


def _by_name(alerts: Iterable[Labels]) -> Mapping[str, Sequence[Labels]]:
    by_name: defaultdict[str, list[Labels]] = defaultdict(list)
    for labels in alerts:
        by_name[labels.get("alertname", "")].append(labels)
    return by_name


def _without(labels: Labels, *names: str) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in names}

"""What Prometheus knows of alerts that are said to have ended: what is active, and how targets answer."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Protocol

from alertbridge.alerts.proof import Evidence, Labels, NoEvidence, Target
from alertbridge.prometheus.answers import NotKnown, Sample, Series, matcher
from alertbridge.prometheus.client import PrometheusApi
from alertbridge.prometheus.outage import first_of_last_answered
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 5.0
_LOOK_BACK = "1h"
_INSTANCES_PER_QUERY = 50  # an hour of their scrapes, one a second, is within the largest answer
_NOT_THE_ALERTS = ("__name__", "alertstate")


class Witness(Protocol):
    """Knows what has become of alerts."""

    def testify(self, alerts: Sequence[Labels], heartbeat: str) -> Evidence | NoEvidence:
        """Return what is known of *alerts*; *heartbeat* names the alert that always fires. Never raises."""
        ...


class PrometheusWitness:
    """Asks the Prometheus at *url*, 5 s at most for all of it."""

    def __init__(self, url: HttpUrl, *, budget_seconds: float = _BUDGET_SECONDS) -> None:
        self._url = url
        self._budget_seconds = budget_seconds

    def testify(self, alerts: Sequence[Labels], heartbeat: str) -> Evidence | NoEvidence:
        return asyncio.run(self._testify(alerts, heartbeat))

    async def _testify(self, alerts: Sequence[Labels], heartbeat: str) -> Evidence | NoEvidence:
        api = PrometheusApi(self._url, deadline=asyncio.get_running_loop().time() + self._budget_seconds)
        answers = await asyncio.gather(
            api.series("timestamp(ALERTS)"), api.series("max(timestamp(up))"), *_asked_targets(api, alerts)
        )
        refused = [answer for answer in answers if isinstance(answer, NotKnown)]
        if refused:
            return NoEvidence(reason=f"Prometheus cannot be asked: {refused[0].reason}")
        active, scraped, *answered = [answer for answer in answers if not isinstance(answer, NotKnown)]
        present, scrapes = answered[::2], answered[1::2]
        evaluated = _newest(active, heartbeat) or _newest(scraped)
        if evaluated is None:
            return NoEvidence(reason="Prometheus neither evaluates rules nor scrapes anything")
        return Evidence(
            evaluated_unix_seconds=evaluated,
            active=tuple(_without(series.labels, *_NOT_THE_ALERTS) for series in active),
            targets=_targets(chain.from_iterable(present), chain.from_iterable(scrapes)),
        )


def _asked_targets(
    api: PrometheusApi, alerts: Sequence[Labels]
) -> list[Awaitable[tuple[Series, ...] | NotKnown]]:
    """Return, in turn, which targets there are by the alerts' instances, and how their scrapes went."""
    instances = sorted({labels["instance"] for labels in alerts if labels.get("instance")})
    return [
        api.series(f"{selector}{look_back}")
        for start in range(0, len(instances), _INSTANCES_PER_QUERY)
        for selector in [f"up{{{matcher('instance', instances[start : start + _INSTANCES_PER_QUERY])}}}"]
        for look_back in ("", f"[{_LOOK_BACK}]")
    ]


def _targets(present: Iterable[Series], scrapes: Iterable[Series]) -> tuple[Target, ...]:
    """Return the targets that are *present*, with how their *scrapes* went."""
    samples = {_key(series.labels): series.samples for series in scrapes}
    found = (_target(one, samples.get(_key(one.labels), one.samples)) for one in present if one.samples)
    return tuple(found)


def _target(series: Series, samples: Sequence[Sample]) -> Target:
    ordered = sorted(samples)
    first, newest = ordered[0], ordered[-1]
    back = first_of_last_answered(samples)
    return Target(
        labels=_without(series.labels, "__name__"),
        scraped_unix_seconds=newest.unix_seconds,
        is_up=newest.value == 1,
        back_unix_seconds=None if back == first.unix_seconds else back,  # or it was back before that
    )


def _newest(found: Iterable[Series], alertname: str | None = None) -> float | None:
    """Return the newest of these timestamps, of that alert or of all; None when there is none."""
    named = (one for one in found if alertname is None or one.labels.get("alertname") == alertname)
    return max((sample.value for one in named for sample in one.samples), default=None)


def _without(labels: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in names}


def _key(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())

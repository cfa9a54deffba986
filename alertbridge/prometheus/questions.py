"""Asking Prometheus for the samples of hosts, and keeping in mind what it did not answer."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from alertbridge.alerts.proof import Labelled
from alertbridge.prometheus.answers import NotKnown, Series, Target, matcher
from alertbridge.prometheus.findings import Subject
from alertbridge.prometheus.servers import PrometheusServers
from alertbridge.prometheus.windows import Span, windows

ERROR = "the last scrape error"
TIMES = "the time of the last answer"
VALUES = "the last known values"
HISTORY = "the last hours"
FLEET = "the rest of the fleet"
_ALL = (ERROR, TIMES, VALUES, HISTORY, FLEET)
_MOST_NAMED = 3

Answered = TypeVar("Answered")


Found = TypeVar("Found", bound=Labelled)


class Questions:
    """Questions for one mail; each names what the mail lacks if there is no answer."""

    def __init__(self, api: PrometheusServers) -> None:
        self._api = api
        self._not_known: dict[str, set[str]] = {}

    async def samples(self, names: str, spans: Iterable[Span], *what: str) -> Mapping[str, list[Series]]:
        """Return the raw samples of the metrics *names*, a pattern, within *spans*, by instance."""
        asked = [
            self._api.series(
                f'{{__name__=~"{names}",{matcher("instance", window.instances)}}}[{window.whole_seconds()}s]',
                window.end,
            )
            for window in windows(spans)
        ]
        answers = await asyncio.gather(*asked)
        return by_instance(series for answer in answers for series in self._answered(answer, *what))

    async def values(
        self, expression: str, *what: str, at_unix_seconds: float | None = None
    ) -> tuple[Series, ...]:
        """Return what *expression* is at a moment, by default now; nothing if there is no answer."""
        return self._answered(await self._api.series(expression, at_unix_seconds), *what)

    async def states(self, expression: str, *what: str) -> tuple[Series, ...]:
        """Return whether hosts are up, by *expression*; nothing if there is no answer."""
        return self._answered(await self._api.states(expression), *what)

    async def targets(self, *what: str) -> tuple[Target, ...]:
        """Return all that Prometheus scrapes; nothing if there is no answer."""
        return self._answered(await self._api.targets(), *what)

    def lack(self, what: str) -> bool:
        """Return whether there was a question about *what* that was not answered."""
        return any(what in lacking for lacking in self._not_known.values())

    def unanswered(self) -> Iterator[str]:
        """Yield for each reason what could not be asked, as a sentence."""
        for reason, what in self._not_known.items():
            yield f"Could not get {_joined([one for one in _ALL if one in what])} from Prometheus: {reason}."

    def _answered(self, answer: tuple[Answered, ...] | NotKnown, *what: str) -> tuple[Answered, ...]:
        if not isinstance(answer, NotKnown):
            return answer
        self._not_known.setdefault(answer.reason, set()).update(what)
        return ()


def by_instance(found: Iterable[Found]) -> Mapping[str, list[Found]]:
    """Return *found* by the label `instance`."""
    sorted_out: dict[str, list[Found]] = {}
    for one in found:
        sorted_out.setdefault(one.labels.get("instance", ""), []).append(one)
    return sorted_out


def of(subject: Subject, found: Mapping[str, list[Found]]) -> Iterator[Found]:
    """Yield what was *found* of *subject*."""
    for one in found.get(subject.instance, ()):
        if subject.job in {"", one.labels.get("job", "")}:
            yield one


def listed(names: list[str]) -> str:
    """Return some of *names*, and how many more there are."""
    if len(names) > _MOST_NAMED + 1:
        names = [*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} more"]
    return _joined(names)


def _joined(names: list[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last

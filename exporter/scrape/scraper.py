"""One scrape: the collectors to run, their metrics and a verdict on each, by the deadline."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import (
    COLLECTOR_DURATION,
    COLLECTOR_ERRORS,
    COLLECTOR_SUCCESS,
    COLLECTOR_TIMED_OUT,
    VERDICTS,
    Collector,
)
from exporter.host.files import HostReadError
from exporter.scrape.collector_runner import Collected, CollectorRunner, Failed, Outcome, TimedOut

logger = logging.getLogger(__name__)

_OWN_NAMES = frozenset(family.name for family in VERDICTS)


class UnknownNameError(Exception):
    """A selection names a collector or a metric that this exporter does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a scrape is to hold. Where a set is empty it does not restrict anything.

    Attributes:
        collect: Names of collectors: only these.
        exclude: Names of collectors: not these.
        names: Names of metrics: only these, and only the collectors that offer them are run.
    """

    collect: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


EVERYTHING = Selection()


class Scraper:
    """Answers scrapes, several at a time, from a set of collectors that may be exchanged meanwhile."""

    def __init__(self, collectors: Sequence[Collector], runner: CollectorRunner) -> None:
        self._collectors = tuple(collectors)
        self._runner = runner
        self._errors: Counter[str] = Counter()
        self._complaints: dict[str, str] = {}

    def use(self, collectors: Sequence[Collector]) -> None:
        """Run *collectors* from the next scrape on. A stuck one is not started again under the same name."""
        self._collectors = tuple(collectors)

    def scrape(self, selection: Selection, *, within_seconds: float) -> list[Metric]:
        """Return what *selection* asks for, after *within_seconds* at the latest.

        A collector that fails costs what it could not return, one that is late all of its families:
        `marax_collector_success` says so.

        Raises:
            UnknownNameError: The selection names what is not there.
        """
        chosen = choose(self._collectors, selection)
        outcomes = self._runner.run(chosen, within_seconds=within_seconds)
        for name, outcome in outcomes.items():
            self._take_note(name, outcome)
            logger.debug("collector ran", extra={"collector": name, "seconds": outcome.duration_seconds})
        metrics = [m for o in outcomes.values() if not isinstance(o, TimedOut) for m in o.metrics]
        return list(_named(selection.names, [*metrics, *_verdicts(outcomes, self._errors)]))

    def _take_note(self, name: str, outcome: Outcome) -> None:
        complaint, error = _complaint(outcome)
        if complaint:
            self._errors[name] += 1
        if complaint == self._complaints.get(name, ""):
            return
        self._complaints[name] = complaint
        if complaint:
            unexpected = None if error is None or isinstance(error, HostReadError) else error
            logger.warning(
                "collector failed", extra={"collector": name, "error": complaint}, exc_info=unexpected
            )
        else:
            logger.info("collector recovered", extra={"collector": name})


def choose(collectors: Sequence[Collector], selection: Selection) -> list[Collector]:
    """Return the collectors that have to run for *selection*.

    Raises:
        UnknownNameError: The selection names what is not there.
    """
    offered = {c.name: frozenset(family.name for family in c.families) for c in collectors}
    for name in sorted((selection.collect | selection.exclude) - offered.keys()):
        raise UnknownNameError(f"No collector {name[:100]!r} is enabled; enabled are {', '.join(offered)}.")
    for name in sorted(selection.names - _OWN_NAMES.union(*offered.values())):
        raise UnknownNameError(f"No metric {name[:100]!r} is available; /metrics without a query lists all.")
    names = frozenset() if selection.names & _OWN_NAMES else selection.names
    return [
        c
        for c in collectors
        if (not selection.collect or c.name in selection.collect)
        and c.name not in selection.exclude
        and (not names or names & offered[c.name])
    ]


def _named(names: frozenset[str], metrics: Iterable[Metric]) -> Iterator[Metric]:
    for metric in metrics:
        if metric.samples and (not names or metric.samples[0].name in names):
            yield metric


def _verdicts(outcomes: Mapping[str, Outcome], errors: Mapping[str, int]) -> Iterator[Metric]:
    yield COLLECTOR_DURATION.by({(name,): o.duration_seconds for name, o in outcomes.items()})
    yield COLLECTOR_SUCCESS.by({(name,): isinstance(o, Collected) for name, o in outcomes.items()})
    yield COLLECTOR_TIMED_OUT.by({(name,): isinstance(o, TimedOut) for name, o in outcomes.items()})
    yield COLLECTOR_ERRORS.by({(name,): errors.get(name, 0) for name in outcomes})


def _complaint(outcome: Outcome) -> tuple[str, Exception | None]:
    match outcome:
        case Collected():
            return "", None
        case Failed(error=error):
            return f"{type(error).__name__}: {error}", error
        case TimedOut():
            return "deadline exceeded; not started again until it finishes", None
        case _:
            assert_never(outcome)

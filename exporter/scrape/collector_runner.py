"""Running collectors: each runs alone, none twice at the same time, and none can hold up another."""

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue

from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import Collector
from marax.clock import Clock

_NEXT_THREAD_AFTER_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The collector is done."""

    metrics: tuple[Metric, ...]
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The collector raised, after it had returned *metrics*: those are as good as any."""

    error: Exception
    duration_seconds: float
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """The collector was not done in time, and may never be."""

    duration_seconds: float


Outcome = Collected | Failed | TimedOut


@dataclass(slots=True, kw_only=True, eq=False)
class _Run:
    collector: Collector
    asked_at_seconds: float
    finished: threading.Event = field(default_factory=threading.Event)
    outcome: Collected | Failed | None = None


class CollectorRunner:
    """Runs collectors on one thread of its own, and on one more for each collector that is stuck.

    The threads are daemons: a stuck collector cannot keep the program from ending.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[str, _Run] = {}
        self._queue: SimpleQueue[_Run] = SimpleQueue()
        self._threads = 0

    def run(self, collectors: list[Collector], *, within_seconds: float) -> dict[str, Outcome]:
        """Return by name how each of *collectors* fared, after *within_seconds* at the latest.

        A collector that is running already, for someone else, is not started again: its result is shared. One
        that has been running for *within_seconds* or longer is not waited for.
        """
        now_seconds = self._clock.monotonic_seconds()
        runs = [self._run_of(collector, now_seconds) for collector in collectors]
        waitable = [run for run in runs if now_seconds - run.asked_at_seconds < within_seconds]
        for run in reversed(waitable):  # the last one is usually done last, so that this waits only once
            self._wait(run, now_seconds + within_seconds)
        now_seconds = self._clock.monotonic_seconds()
        return {
            run.collector.name: run.outcome or TimedOut(duration_seconds=now_seconds - run.asked_at_seconds)
            for run in runs
        }

    def _run_of(self, collector: Collector, now_seconds: float) -> _Run:
        with self._lock:
            run = self._under_way.get(collector.name)
            if run is None:
                run = _Run(collector=collector, asked_at_seconds=now_seconds)
                self._under_way[collector.name] = run
                self._queue.put(run)
                if not self._threads:
                    self._add_thread()
            return run

    def _wait(self, run: _Run, deadline_seconds: float) -> None:
        while (left_seconds := deadline_seconds - self._clock.monotonic_seconds()) > 0:
            if run.finished.wait(min(_NEXT_THREAD_AFTER_SECONDS, left_seconds)):
                return
            with self._lock:
                if not self._queue.empty() and self._threads < len(self._under_way):
                    self._add_thread()

    def _add_thread(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, name=f"collectors-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            run = self._queue.get()
            run.outcome = self._outcome(run.collector)
            with self._lock:
                del self._under_way[run.collector.name]
            run.finished.set()
            del run  # else it would keep its metrics until the next one

    def _outcome(self, collector: Collector) -> Collected | Failed:
        began_seconds = self._clock.monotonic_seconds()
        metrics: list[Metric] = []
        try:
            metrics.extend(collector.collect())
        except Exception as error:  # noqa: BLE001 - a collector's turn: the scrape logs and counts it
            took_seconds = self._clock.monotonic_seconds() - began_seconds
            return Failed(error=error, duration_seconds=took_seconds, metrics=tuple(metrics))
        took_seconds = self._clock.monotonic_seconds() - began_seconds
        return Collected(metrics=tuple(metrics), duration_seconds=took_seconds)

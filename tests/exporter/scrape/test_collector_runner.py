import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from exporter.collectors.collector import Collector
from exporter.collectors.load import LOAD1
from exporter.collectors.memory import MEMORY_TOTAL
from exporter.scrape.collector_runner import Collected, CollectorRunner, Failed, Outcome, TimedOut
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.collectors import FakeCollector, StuckCollector
from tests.waiting import PATIENCE_SECONDS, wait_until


class Scrapes:
    """Runs collectors on a clock that moves only when told to: who waits for a deadline waits for ever."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.runner = CollectorRunner(self.clock)
        self._before = collector_threads()

    def run(self, *collectors: Collector) -> dict[str, Outcome]:
        return self.runner.run([*collectors], within_seconds=5)

    def run_until_late(self, *collectors: Collector) -> dict[str, Outcome]:
        """Run *collectors*, and let the time run out once all that can end have ended."""
        last = FakeCollector("last", MEMORY_TOTAL)  # who waits in line behind the others
        with ThreadPoolExecutor(1) as scrape:
            outcomes = scrape.submit(self.run, *collectors, last)
            wait_until(lambda: last.runs, "all that can end have ended")
            self.clock.advance(5)
            return {name: outcome for name, outcome in outcomes.result(60).items() if name != "last"}

    def threads(self) -> int:
        return len(collector_threads() - self._before)


def collector_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("collectors-")}


def test_runs_each_collector_and_says_how_it_fared():
    good, bad = FakeCollector("load"), FakeCollector("cpu")
    bad.error = ValueError("broken")

    outcomes = CollectorRunner(SystemClock()).run([good, bad], within_seconds=5)

    assert isinstance(outcomes["load"], Collected)
    assert outcomes["load"].metrics == (LOAD1.of(1),)
    assert isinstance(outcomes["cpu"], Failed)
    assert outcomes["cpu"].error is bad.error


def test_answers_for_the_others_when_one_is_stuck():
    scrapes, stuck, good = Scrapes(), StuckCollector(), FakeCollector("load")

    outcomes = scrapes.run_until_late(stuck, good)

    stuck.release()
    assert isinstance(outcomes["load"], Collected)
    assert outcomes[stuck.name] == TimedOut(duration_seconds=5)


def test_does_not_start_a_stuck_collector_again_nor_wait_for_it_again():
    scrapes, stuck, good = Scrapes(), StuckCollector(), FakeCollector("load")
    scrapes.run_until_late(stuck, good)

    outcomes = [scrapes.run(stuck, good) for _ in range(20)]

    threads = scrapes.threads()
    stuck.release()
    assert threads == 2, "one is stuck, one works for all the others"
    assert all(isinstance(o[stuck.name], TimedOut) and isinstance(o["load"], Collected) for o in outcomes)
    assert good.runs == 21


def test_isolates_as_many_stuck_collectors_as_there_are():
    scrapes, good = Scrapes(), FakeCollector("load")
    stuck = [StuckCollector(name) for name in ("cpu", "memory", "vmstat", "system")]

    outcomes = scrapes.run_until_late(*stuck, good)

    threads = scrapes.threads()
    for collector in stuck:
        collector.release()
    assert isinstance(outcomes["load"], Collected)
    assert [name for name, outcome in outcomes.items() if isinstance(outcome, TimedOut)] == [
        c.name for c in stuck
    ]
    assert threads == 5


def test_runs_a_collector_again_once_it_came_back_and_serves_nothing_of_before():
    collector_runner, stuck = CollectorRunner(SystemClock()), StuckCollector()
    collector_runner.run([stuck], within_seconds=0.1)
    stuck.release()
    wait_until(lambda: stuck.runs == 1)

    outcome = collector_runner.run([stuck], within_seconds=5)[stuck.name]

    assert isinstance(outcome, Collected)
    assert outcome.metrics == (MEMORY_TOTAL.of(2),)


class ReadClock(FakeClock):
    """Knows how often each thread has read it."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[int] = Counter()

    def monotonic_seconds(self) -> float:
        self.reads[threading.get_ident()] += 1
        return super().monotonic_seconds()

    def waiting(self) -> int:
        """How many threads have gone on to read it a second time, as for the time that is left."""
        return sum(count >= 2 for count in list(self.reads.values()))


def test_shares_a_turn_with_a_scrape_that_comes_meanwhile():
    clock, slow = ReadClock(), StuckCollector()
    collector_runner = CollectorRunner(clock)
    with ThreadPoolExecutor(3) as scrapes:
        outcomes = [scrapes.submit(collector_runner.run, [slow], within_seconds=5) for _ in range(3)]
        wait_until(lambda: clock.waiting() == 3, "all three have asked")

        slow.release()

    assert slow.runs == 1
    assert [isinstance(outcome.result()[slow.name], Collected) for outcome in outcomes] == [True] * 3


def test_says_how_long_a_stuck_collector_has_been_at_it():
    scrapes, stuck = Scrapes(), StuckCollector()
    scrapes.run_until_late(stuck)
    scrapes.clock.advance(300)

    outcome = scrapes.run(stuck)[stuck.name]

    stuck.release()
    assert outcome == TimedOut(duration_seconds=305)


def test_lets_the_program_end_while_a_collector_is_stuck():
    program = """
from exporter.scrape.collector_runner import CollectorRunner
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.collectors import StuckCollector
print(CollectorRunner(SystemClock()).run([StuckCollector()], within_seconds=0.1))
"""

    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=PATIENCE_SECONDS, capture_output=True, text=True, check=True
    )

    assert "TimedOut" in ended.stdout

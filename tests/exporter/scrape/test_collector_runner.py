import subprocess
import sys
import threading
import time

import pytest

from exporter.collectors.load import LOAD1
from exporter.collectors.memory import MEMORY_TOTAL
from exporter.scrape.collector_runner import Collected, CollectorRunner, Failed, TimedOut
from marax.clock import SystemClock
from tests.fakes.collectors import FakeCollector, StuckCollector
from tests.waiting import PATIENCE_SECONDS, wait_until


def test_runs_each_collector_and_says_how_it_fared():
    good, bad = FakeCollector("load"), FakeCollector("cpu")
    bad.error = ValueError("broken")

    outcomes = CollectorRunner(SystemClock()).run([good, bad], within_seconds=5)

    assert isinstance(outcomes["load"], Collected)
    assert outcomes["load"].metrics == (LOAD1.of(1),)
    assert isinstance(outcomes["cpu"], Failed)
    assert outcomes["cpu"].error is bad.error


@pytest.mark.alone
def test_answers_for_the_others_when_one_is_stuck():
    stuck, good = StuckCollector(), FakeCollector("load")

    began = time.monotonic()
    outcomes = CollectorRunner(SystemClock()).run([stuck, good], within_seconds=0.5)
    took_seconds = time.monotonic() - began

    stuck.release()
    assert isinstance(outcomes["load"], Collected)
    assert isinstance(outcomes[stuck.name], TimedOut)
    assert 0.5 <= took_seconds < 1.0


@pytest.mark.alone
def test_does_not_start_a_stuck_collector_again_nor_wait_for_it_again():
    collector_runner, stuck, good = CollectorRunner(SystemClock()), StuckCollector(), FakeCollector("load")
    before = set(threading.enumerate())
    collector_runner.run([stuck, good], within_seconds=0.2)

    began = time.monotonic()
    outcomes = [collector_runner.run([stuck, good], within_seconds=0.2) for _ in range(20)]
    took_seconds = time.monotonic() - began
    threads = set(threading.enumerate()) - before
    stuck.release()

    assert took_seconds < 0.2
    assert len(threads) == 2, "one is stuck, one works for all the others"
    assert all(isinstance(o[stuck.name], TimedOut) and isinstance(o["load"], Collected) for o in outcomes)
    assert good.runs == 21


def test_isolates_as_many_stuck_collectors_as_there_are():
    stuck = [StuckCollector(name) for name in ("cpu", "memory", "vmstat", "system")]
    good = FakeCollector("load")
    before = set(threading.enumerate())

    outcomes = CollectorRunner(SystemClock()).run([*stuck, good], within_seconds=1)
    threads = set(threading.enumerate()) - before

    for collector in stuck:
        collector.release()
    assert isinstance(outcomes["load"], Collected)
    assert [name for name, outcome in outcomes.items() if isinstance(outcome, TimedOut)] == [
        c.name for c in stuck
    ]
    assert len(threads) == 5


def test_runs_a_collector_again_once_it_came_back_and_serves_nothing_of_before():
    collector_runner, stuck = CollectorRunner(SystemClock()), StuckCollector()
    collector_runner.run([stuck], within_seconds=0.1)
    stuck.release()
    wait_until(lambda: stuck.runs == 1)

    outcome = collector_runner.run([stuck], within_seconds=5)[stuck.name]

    assert isinstance(outcome, Collected)
    assert outcome.metrics == (MEMORY_TOTAL.of(2),)


def test_shares_a_turn_with_a_scrape_that_comes_meanwhile():
    collector_runner, slow = CollectorRunner(SystemClock()), StuckCollector()
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(collector_runner.run([slow], within_seconds=10)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    slow.started.wait()
    time.sleep(0.2)

    slow.release()
    for thread in threads:
        thread.join()

    assert slow.runs == 1
    assert [isinstance(outcome[slow.name], Collected) for outcome in outcomes] == [True] * 3


def test_says_how_long_a_stuck_collector_has_been_at_it():
    collector_runner, stuck = CollectorRunner(SystemClock()), StuckCollector()
    collector_runner.run([stuck], within_seconds=0.3)
    time.sleep(0.3)

    outcome = collector_runner.run([stuck], within_seconds=0.3)[stuck.name]

    stuck.release()
    assert outcome.duration_seconds >= 0.6


def test_lets_the_program_end_while_a_collector_is_stuck():
    program = """
from exporter.scrape.collector_runner import CollectorRunner
from marax.clock import SystemClock
from tests.fakes.collectors import StuckCollector
print(CollectorRunner(SystemClock()).run([StuckCollector()], within_seconds=0.1))
"""

    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=PATIENCE_SECONDS, capture_output=True, text=True, check=True
    )

    assert "TimedOut" in ended.stdout

"""What the process metrics promise, held against real processes."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from exporter.host.scan import ProcessScanner
from exporter.host.snapshot import Window
from exporter.host.table import Pace, ProcessTable
from exporter.processes.cpu_attribution import cpu_ratios
from exporter.processes.groups import GroupLedger, program_names
from exporter.processes.top import TopSelection
from marax.clock import SystemClock

pytestmark = pytest.mark.alone

HALF_DUTY = """
import time
began = time.monotonic()
while True:
    if time.process_time() < 0.5 * (time.monotonic() - began):
        sum(range(20000))
    else:
        time.sleep(0.01)
"""
SHORT_JOBS = "while :; do sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'; done"
STORM = """
import os, random, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        with open("/proc/self/comm", "w") as comm:
            comm.write(f"job-{random.randrange(10**9)}")
        time.sleep(0.05)
        os._exit(0)
    time.sleep(0.002)
"""


class Watch:
    """A table over the real /proc with both followers."""

    def __init__(self, scanner: ProcessScanner, *, groups: int = 30, top: int = 5) -> None:
        self.ledger = GroupLedger(limit=groups, new_per_hour=240, naming=program_names)
        self.selection = TopSelection(count=top, new_per_hour=240, window_seconds=4)
        followers = [self.ledger.follow, self.selection.follow]
        self.table = ProcessTable(scanner.scan, SystemClock(), Pace(window_seconds=4), followers=followers)

    def cpu_seconds(self) -> dict[str, float]:
        self.table.refresh(max_age_seconds=0)
        assert self.ledger.totals is not None
        return dict(self.ledger.totals.cpu_seconds)

    def busy_seconds(self) -> float:
        return self.table.snapshots[-1].totals.busy_seconds or 0.0


@pytest.fixture
def scanner() -> Iterator[ProcessScanner]:
    scanner = ProcessScanner(Path("/proc"), SystemClock(), held_descriptors=1000)
    yield scanner
    scanner.close()


@contextmanager
def running(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own, and end all of it."""
    with subprocess.Popen(argv, start_new_session=True) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_two_readers_see_the_same_truth(scanner: ProcessScanner):
    watch = Watch(scanner)
    with running(sys.executable, "-c", HALF_DUTY) as process:
        oracle = psutil.Process(process.pid)
        truth: list[tuple[float, float]] = []
        seen: list[tuple[Window, float]] = []
        began = time.monotonic()
        due = {began + second + offset for second in range(10) for offset in (0.0, 0.1)}
        while due:
            times = oracle.cpu_times()
            truth.append((time.monotonic(), times.user + times.system))
            if min(due) <= time.monotonic():
                due.remove(min(due))
                watch.table.refresh(max_age_seconds=0.5)
                window = watch.table.window(seconds=4)
                if window is not None and window.seconds > 2:
                    seen.append((window, cpu_ratios(window)[process.pid] * window.now.totals.cpus))
            time.sleep(0.02)

    assert len(seen) >= 10
    for window, duty in seen:
        assert duty == pytest.approx(duty_within(truth, window), abs=0.05)
    assert sum(duty for _, duty in seen) / len(seen) > 0.1  # half of a CPU, or what others leave it


def duty_within(truth: list[tuple[float, float]], window: Window) -> float:
    began, before = min(truth, key=lambda sample: abs(sample[0] - window.then.monotonic_seconds))
    ended, after = min(truth, key=lambda sample: abs(sample[0] - window.now.monotonic_seconds))
    return (after - before) / (ended - began)


def test_short_jobs_are_accounted_for(scanner: ProcessScanner):
    watch = Watch(scanner)
    used_before = resource.getrusage(resource.RUSAGE_CHILDREN)
    before, busy_before = watch.cpu_seconds(), watch.busy_seconds()
    with running("sh", "-c", SHORT_JOBS):
        for _ in range(10):
            time.sleep(1)
            after = watch.cpu_seconds()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)

    busy = watch.busy_seconds() - busy_before
    jobs = used.ru_utime + used.ru_stime - used_before.ru_utime - used_before.ru_stime
    assert 0.95 <= (sum(after.values()) - sum(before.values())) / busy <= 1.02
    assert after["sh"] - before.get("sh", 0) >= 0.8 * jobs > 1


def test_a_storm_of_processes_stays_within_the_limits(scanner: ProcessScanner):
    watch = Watch(scanner, groups=5, top=2)
    names: set[str] = set()
    most_beyond = 0
    with running(sys.executable, "-c", STORM):
        for _ in range(20):
            time.sleep(0.2)
            watch.table.refresh(max_age_seconds=0)
            totals, top = watch.ledger.totals, watch.selection.newest
            assert totals is not None
            assert top is not None
            assert len(top.members) <= 4
            named = totals.processes.keys() - {"(kernel)", "(other)"}
            assert len(named) <= 5
            names |= {name for name in named if name.startswith("job-")}
            most_beyond = max(most_beyond, totals.processes["(other)"])

    assert len(names) <= 5
    assert most_beyond > 5


def test_a_number_given_away_is_another_process(scanner: ProcessScanner):
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as first:
        time.sleep(1)
        before = scanner.scan()
        first.kill()
    for _ in range(50):
        try:
            Path("/proc/sys/kernel/ns_last_pid").write_text(f"{first.pid - 1}")
        except OSError:
            pytest.skip("choosing a process number takes the rights of root")
        with subprocess.Popen(["sleep", "60"]) as second:
            time.sleep(0.05)
            after = scanner.scan()
            second.kill()
        if second.pid == first.pid:
            break
    else:
        pytest.skip("the number was always taken by somebody else")

    assert not after.processes[first.pid].is_same_as(before.processes[first.pid])
    assert after.processes[first.pid].name == "sleep"
    assert cpu_ratios(Window(then=before, now=after)).get(first.pid, 0) < 0.1

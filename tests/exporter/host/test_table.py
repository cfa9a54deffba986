import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from exporter.host.files import HostReadError
from exporter.host.snapshot import Snapshot
from exporter.host.table import Pace, ProcessTable
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import a_snapshot
from tests.waiting import wait_until

FAST = Pace(interval_seconds=0.1, prime_seconds=0.02, pause_after_seconds=0.5)


@dataclass
class Scans:
    """Stands for the host; counts how often it is scanned."""

    clock: FakeClock | SystemClock
    cost_seconds: float = 0.0
    count: int = 0
    at_once: int = 0
    most_at_once: int = 0
    during: Callable[[], object] = field(default=lambda: None)

    def scan(self) -> Snapshot:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.count += 1
        try:
            self.during()
        finally:
            self.at_once -= 1
        return a_snapshot(at=self.clock.monotonic_seconds(), cost_seconds=self.cost_seconds)


def failing(times: int) -> Callable[[], None]:
    """Return what fails so many times, and then does nothing."""
    errors = [HostReadError("cannot list /proc: Permission denied")] * times

    def fail() -> None:
        if errors:
            raise errors.pop()

    return fail


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scans(clock: FakeClock) -> Scans:
    return Scans(clock)


@pytest.fixture
def table(scans: Scans, clock: FakeClock) -> ProcessTable:
    return ProcessTable(scans.scan, clock, Pace())


@contextmanager
def running(scan: Callable[[], Snapshot], pace: Pace = FAST) -> Iterator[ProcessTable]:
    table = ProcessTable(scan, SystemClock(), pace)
    table.start()
    try:
        yield table
    finally:
        table.stop()


def test_knows_nothing_before_the_first_scan(table: ProcessTable):
    assert table.snapshots == ()
    assert table.window(seconds=15) is None


def test_scans_when_what_it_has_is_too_old(table: ProcessTable, scans: Scans, clock: FakeClock):
    for pause_seconds in (0, 0.5, 0.5, 0.1):
        clock.advance(pause_seconds)
        table.refresh(max_age_seconds=1)

    assert scans.count == 2


def test_has_a_window_from_the_second_scan_on(table: ProcessTable, clock: FakeClock):
    table.refresh(max_age_seconds=1)
    clock.advance(7)
    table.refresh(max_age_seconds=1)
    window = table.window(seconds=15)

    assert window is not None
    assert window.seconds == 7


def test_shares_one_scan_among_all_who_ask_at_the_same_time():
    scans = Scans(SystemClock(), during=lambda: time.sleep(0.1))
    table = ProcessTable(scans.scan, SystemClock(), Pace())
    readers = [threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 5}) for _ in range(20)]

    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert (scans.count, scans.most_at_once) == (1, 1)


def test_never_scans_twice_at_once():
    scans = Scans(SystemClock(), during=lambda: time.sleep(0.01))
    table = ProcessTable(scans.scan, SystemClock(), Pace())
    readers = [threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 0}) for _ in range(20)]

    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert scans.most_at_once == 1


def test_answers_from_what_it_has_when_a_scan_hangs():
    scans = Scans(SystemClock())
    table = ProcessTable(scans.scan, SystemClock(), Pace())
    table.refresh(max_age_seconds=0)
    hang, hanging = threading.Event(), threading.Event()

    def hang_here() -> None:
        hanging.set()
        hang.wait()

    scans.during = hang_here
    stuck = threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 0})
    stuck.start()
    hanging.wait()

    began = time.monotonic()
    table.refresh(max_age_seconds=0)
    waited_seconds = time.monotonic() - began
    seen = len(table.snapshots)
    hang.set()
    stuck.join()

    assert seen == 1
    assert waited_seconds < 3
    assert len(table.snapshots) == 2


def test_tells_every_follower_of_every_snapshot_once(scans: Scans, clock: FakeClock):
    followed: list[tuple[str, float]] = []
    table = ProcessTable(
        scans.scan,
        clock,
        Pace(),
        followers=[
            lambda snapshots: followed.append(("one", snapshots[-1].monotonic_seconds)),
            lambda snapshots: followed.append(("two", snapshots[-1].monotonic_seconds)),
        ],
    )
    began = clock.monotonic_seconds()

    for _ in range(2):
        table.refresh(max_age_seconds=1)
        table.refresh(max_age_seconds=1)
        clock.advance(5)

    assert followed == [("one", began), ("two", began), ("one", began + 5), ("two", began + 5)]


def test_says_why_the_host_could_not_be_scanned(table: ProcessTable, scans: Scans):
    scans.during = failing(1)

    with pytest.raises(HostReadError, match="cannot list /proc"):
        table.refresh(max_age_seconds=1)


def test_a_failed_scan_does_not_stand_in_the_way_of_the_next(table: ProcessTable, scans: Scans):
    scans.during = failing(1)

    with pytest.raises(HostReadError):
        table.refresh(max_age_seconds=1)
    table.refresh(max_age_seconds=1)

    assert len(table.snapshots) == 1


def test_a_snapshot_speaks_of_now_for_three_intervals(table: ProcessTable, clock: FakeClock):
    table.refresh(max_age_seconds=1)
    (snapshot,) = table.snapshots

    clock.advance(15)
    assert table.is_current(snapshot)
    clock.advance(0.1)
    assert not table.is_current(snapshot)


@pytest.mark.parametrize(
    ("cost_seconds", "interval_seconds"), [(0.0, 5), (0.049, 5), (0.08, 8), (0.5, 50), (30, 60)]
)
def test_scans_more_rarely_when_scans_are_dear(
    scans: Scans, table: ProcessTable, cost_seconds: float, interval_seconds: float
):
    scans.cost_seconds = cost_seconds
    table.refresh(max_age_seconds=1)

    assert table.interval_seconds == pytest.approx(interval_seconds)


def test_reading_scans_nothing_as_long_as_the_pump_keeps_up(
    table: ProcessTable, scans: Scans, clock: FakeClock
):
    for pause_seconds in (0, 5, 4.9, 0.2):
        clock.advance(pause_seconds)
        table.keep_up()

    assert scans.count == 2


def test_pump_scans_at_once_and_again_after_the_priming_time():
    scans = Scans(SystemClock())
    with running(scans.scan, Pace(prime_seconds=0.6)) as table:
        wait_until(lambda: scans.count == 1)
        wait_until(lambda: table.window(seconds=15) is not None)

    assert scans.count == 2


def test_pump_keeps_scanning_while_somebody_reads():
    scans = Scans(SystemClock())
    with running(scans.scan) as table:
        for _ in range(8):
            time.sleep(0.1)
            table.keep_up()

        assert scans.count >= 3


def test_pump_rests_when_nobody_reads_and_resumes_when_somebody_does():
    scans = Scans(SystemClock())
    with running(scans.scan) as table:
        time.sleep(1.0)
        resting = scans.count
        time.sleep(0.5)
        assert scans.count == resting

        table.keep_up()
        assert scans.count > resting
        wait_until(lambda: scans.count >= resting + 3)


def test_pump_lives_on_when_a_scan_fails():
    scans = Scans(SystemClock(), during=failing(2))
    with running(scans.scan) as table:
        wait_until(lambda: len(table.snapshots) == 1)

    assert scans.count >= 3


def test_nothing_is_scanned_after_a_stop(table: ProcessTable, scans: Scans):
    table.stop()

    table.refresh(max_age_seconds=0)

    assert scans.count == 0


def test_stop_waits_for_the_scan_of_a_reader():
    scans = Scans(SystemClock(), during=lambda: time.sleep(0.2))
    table = ProcessTable(scans.scan, SystemClock(), Pace())
    reader = threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 0})
    reader.start()
    wait_until(lambda: scans.at_once == 1)

    table.stop()

    assert scans.at_once == 0
    reader.join()


def test_stop_ends_the_thread():
    before = threading.active_count()
    with running(Scans(SystemClock()).scan):
        during = threading.active_count()

    assert during == before + 1
    assert threading.active_count() == before

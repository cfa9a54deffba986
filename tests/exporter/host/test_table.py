import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from exporter.host.files import HostReadError
from exporter.host.snapshot import Snapshot
from exporter.host.table import Pace, ProcessTable
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import a_snapshot
from tests.waiting import wait_until


@dataclass
class Scans:
    """Stands for the host; counts how often it is scanned."""

    clock: FakeClock
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


@dataclass
class Pump:
    """Runs the thread of a table through so many pauses, each over at once; *reader* reads after each."""

    clock: FakeClock
    scans: Scans
    reader: Callable[["Pump"], object] = field(default=lambda _: None)
    pauses: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table = ProcessTable(self.scans.scan, self.clock, Pace(), wait=self._wait)

    def run(self, pauses: int) -> None:
        self._most_pauses = pauses
        self.table.start()
        wait_until(lambda: len(self.counts) == pauses, "the table has rested so often")
        self.table.stop()

    def _wait(self, seconds: float) -> bool:
        self.clock.advance(seconds)
        self.pauses.append(seconds)
        self.reader(self)
        self.counts.append(self.scans.count)
        return len(self.counts) == self._most_pauses


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


def test_shares_one_scan_among_all_who_ask_at_the_same_time(table: ProcessTable, scans: Scans):
    scans.during = lambda: time.sleep(0.1)
    readers = [threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 5}) for _ in range(20)]

    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert (scans.count, scans.most_at_once) == (1, 1)


def test_never_scans_twice_at_once(table: ProcessTable, scans: Scans):
    scans.during = lambda: time.sleep(0.01)
    readers = [threading.Thread(target=table.refresh, kwargs={"max_age_seconds": -1}) for _ in range(20)]

    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert scans.most_at_once == 1


def test_answers_from_what_it_has_when_a_scan_hangs(table: ProcessTable, scans: Scans, clock: FakeClock):
    table.refresh(max_age_seconds=0)
    clock.advance(1)
    hang, hanging = threading.Event(), threading.Event()

    def hang_here() -> None:
        hanging.set()
        hang.wait()

    scans.during = hang_here
    stuck = threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 0})
    stuck.start()
    hanging.wait()

    table.refresh(max_age_seconds=0)
    seen, at_once = len(table.snapshots), scans.at_once
    hang.set()
    stuck.join()

    assert (seen, at_once) == (1, 1)
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


def test_pump_scans_at_once_and_again_after_the_priming_time(clock: FakeClock, scans: Scans):
    pump = Pump(clock, scans)

    pump.run(pauses=3)

    assert pump.pauses == [1, 5, 5]
    assert pump.counts == [1, 2, 3]
    assert pump.table.window(seconds=15) is not None


def test_pump_keeps_scanning_while_somebody_reads(clock: FakeClock, scans: Scans):
    pump = Pump(clock, scans, reader=lambda pump: pump.table.keep_up())

    pump.run(pauses=200)

    assert pump.counts == list(range(1, 201))


def test_pump_rests_when_nobody_reads_and_resumes_when_somebody_does(clock: FakeClock, scans: Scans):
    def read_once(pump: Pump) -> None:
        if len(pump.pauses) == 100:
            pump.table.keep_up()

    pump = Pump(clock, scans, reader=read_once)

    pump.run(pauses=103)

    scans_in_five_minutes = 61  # at once, after one second, and every five from then on
    assert pump.counts[58:99] == [59, 60, *[scans_in_five_minutes] * 39]
    assert pump.counts[99:] == [62, 62, 63, 64]


def test_pump_lives_on_when_a_scan_fails(clock: FakeClock, scans: Scans):
    scans.during = failing(2)
    pump = Pump(clock, scans)

    pump.run(pauses=3)

    assert pump.pauses == [5, 5, 1]
    assert len(pump.table.snapshots) == 1


def test_nothing_is_scanned_after_a_stop(table: ProcessTable, scans: Scans):
    table.stop()

    table.refresh(max_age_seconds=0)

    assert scans.count == 0


def test_stop_waits_for_the_scan_of_a_reader(table: ProcessTable, scans: Scans):
    scanning = threading.Event()

    def take_a_while() -> None:
        scanning.set()
        time.sleep(0.2)

    scans.during = take_a_while
    reader = threading.Thread(target=table.refresh, kwargs={"max_age_seconds": 0})
    reader.start()
    scanning.wait()

    table.stop()

    assert scans.at_once == 0
    reader.join()


def test_stop_ends_the_thread(table: ProcessTable):
    table.start()
    started = pumps()

    table.stop()

    assert len(started) == 1
    assert pumps() == []


def pumps() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "process-table"]

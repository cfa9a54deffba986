import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from exporter.host.files import HostReadError
from exporter.host.process_details import DetailsReader
from exporter.host.scan import ProcessScanner
from exporter.host.snapshot import Snapshot
from exporter.host.stat import Process
from exporter.host.table import Pace, ProcessTable
from exporter.host.user_names import UserNames
from exporter.reports.process_list import ListedProcess, ProcessLister, Wanted
from exporter.reports.stats import Stats, StatsReader
from marax.clock import Clock, SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import a_process, a_snapshot, a_stat_line

PROCFS = Path("/proc")
ROOT, NOBODY = 0, 4_000_000_000  # the second has no name anywhere


def processes(*own_ticks: int) -> list[Process]:
    """Return four processes, which have used so many ticks; the first holds the least memory."""
    names = ("idle", "busy", "busier", "php-fpm: pool")
    return [
        a_process(100 + i, name=name, own_ticks=ticks, rss_bytes=4096 * (i + 1), start_ticks=5000)
        for i, (name, ticks) in enumerate(zip(names, own_ticks, strict=True))
    ]


THEN = a_snapshot(processes(0, 0, 0, 0), at=1000.0)
NOW = a_snapshot(processes(0, 100, 200, 0), at=1010.0, busy=10.0)


@pytest.fixture
def procfs(tmp_path: Path) -> Path:
    """The files of those processes; the third belongs to nobody, the last is gone."""
    for pid, uid in ((100, ROOT), (101, ROOT), (102, NOBODY)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "stat").write_bytes(a_stat_line(pid))
        (folder / "status").write_text(f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        (folder / "cgroup").write_text("0::/system.slice/worker.service\n")
        (folder / "cmdline").write_bytes(b"worker\0--password\0s3cr3t\0")
    return tmp_path


def table_of(snapshots: Sequence[Snapshot], clock: FakeClock) -> ProcessTable:
    """Return a table that has scanned *snapshots*."""
    coming = list(snapshots)
    table = ProcessTable(lambda: coming.pop(0), clock, Pace())
    for snapshot in snapshots:
        clock.advance(snapshot.monotonic_seconds - clock.monotonic_seconds())
        table.refresh(max_age_seconds=0)
    return table


Lister = Callable[..., ProcessLister]


@pytest.fixture
def lister_of(procfs: Path) -> Lister:
    def make(*snapshots: Snapshot, show_command_line: bool = False) -> ProcessLister:
        clock = FakeClock()
        details = DetailsReader(procfs, UserNames(clock), show_command_line=show_command_line)
        return ProcessLister(table_of(snapshots, clock), details, window_seconds=10)

    return make


def pids(lister: ProcessLister, **wanted: object) -> list[int]:
    return [process.pid for process in lister.processes(Wanted(**wanted)).processes]  # type: ignore[arg-type] # any


def test_tells_all_there_is_to_tell_of_a_process(lister_of: Lister):
    listed = lister_of(THEN, NOW).processes(Wanted(count=1))

    assert (listed.process_count, listed.sample_window_seconds, listed.sorted_by) == (4, 10.0, "cpu")
    assert listed.time_seconds == NOW.unix_seconds
    assert listed.processes == [
        ListedProcess(
            pid=102,
            ppid=1,
            name="busier",
            user=str(NOBODY),
            unit="worker.service",
            cmdline="",
            state="S",
            threads=1,
            age_seconds=960.0,
            cpu_usage_ratio=0.1,
            memory_rss_bytes=4096 * 3,
        )
    ]


@pytest.mark.parametrize(("by", "order"), [("cpu", [102, 101, 103, 100]), ("mem", [103, 102, 101, 100])])
def test_lists_the_greediest_first(lister_of: Lister, by: str, order: list[int]):
    assert pids(lister_of(THEN, NOW), by=by) == order


def test_lists_no_more_than_wanted(lister_of: Lister):
    assert pids(lister_of(THEN, NOW), count=2) == [102, 101]
    assert pids(lister_of(THEN, NOW), count=1, name="bus") == [102]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"user": "root"}, [101, 100]),
        ({"user": str(NOBODY)}, [102]),
        ({"user": "Root"}, []),
        ({"name": "bus"}, [102, 101]),
        ({"name": "fpm: p"}, [103]),
        ({"name": "BUS"}, []),
        ({"user": "root", "name": "bus"}, [101]),
        ({"user": "", "name": ""}, [102, 101, 103, 100]),
        ({"user": "x" * 10_000}, []),
        ({"name": "\0"}, []),
    ],
)
def test_lists_those_of_a_user_or_a_name(lister_of: Lister, wanted: dict[str, str], found: list[int]):
    assert pids(lister_of(THEN, NOW), **wanted) == found


def test_knows_no_cpu_ratio_before_the_second_reading(lister_of: Lister):
    listed = lister_of(NOW).processes(Wanted())

    assert listed.sample_window_seconds is None
    assert {process.cpu_usage_ratio for process in listed.processes} == {None}
    assert [process.pid for process in listed.processes] == [103, 102, 101, 100]


@pytest.mark.attack(47)
def test_a_process_that_is_gone_by_now_is_listed_without_details(lister_of: Lister):
    (gone,) = lister_of(THEN, NOW).processes(Wanted(name="php")).processes

    assert (gone.pid, gone.user, gone.unit) == (103, "", "")


@pytest.mark.attack(46)
def test_shows_command_lines_only_if_the_settings_say_so(lister_of: Lister):
    hidden = lister_of(THEN, NOW).processes(Wanted(count=1))
    shown = lister_of(THEN, NOW, show_command_line=True).processes(Wanted(count=1))

    assert hidden.processes[0].cmdline == ""
    assert shown.processes[0].cmdline == "worker --password s3cr3t"


def test_says_that_nothing_has_been_read(procfs: Path):
    clock = FakeClock()

    def scan() -> Snapshot:
        raise HostReadError("cannot list /proc")

    details = DetailsReader(procfs, UserNames(clock), show_command_line=False)
    lister = ProcessLister(ProcessTable(scan, clock, Pace()), details, window_seconds=15)

    with pytest.raises(HostReadError, match="cannot list /proc"):
        lister.processes(Wanted())


def stats_reader(table: ProcessTable, clock: Clock, procfs: Path = PROCFS) -> StatsReader:
    return StatsReader(
        table,
        window_seconds=10,
        procfs=procfs,
        clock=clock,
    )


def test_the_stats_speak_of_the_window_of_the_processes():
    clock = FakeClock()

    stats = stats_reader(table_of([THEN, NOW], clock), clock).read()

    assert (stats.cpu_usage_ratio, stats.sample_window_seconds) == (0.5, 10.0)


def test_the_stats_know_no_cpu_ratio_before_the_second_reading():
    clock = FakeClock()

    stats = stats_reader(table_of([NOW], clock), clock).read()

    assert (stats.cpu_usage_ratio, stats.sample_window_seconds) == (None, None)


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("loadavg", {"load1", "load5", "load15"}),
        ("stat", {"boot_time_seconds", "uptime_seconds"}),
        ("meminfo", {name for name in Stats.__struct_fields__ if name.startswith(("memory_", "swap_"))}),
    ],
)
def test_a_file_that_cannot_be_read_costs_the_stats_only_what_it_says(
    tmp_path: Path, name: str, lost: set[str]
):
    clock = FakeClock()
    for other in {"loadavg", "stat", "meminfo"} - {name}:
        shutil.copyfile(PROCFS / other, tmp_path / other)

    stats = stats_reader(table_of([THEN, NOW], clock), clock, tmp_path).read()

    assert {field for field in Stats.__struct_fields__ if getattr(stats, field) is None} == lost


def test_agrees_with_psutil_about_this_machine():
    clock = SystemClock()
    scanner = ProcessScanner(PROCFS, clock, held_descriptors=0)
    table = ProcessTable(scanner.scan, clock, Pace())
    details = DetailsReader(PROCFS, UserNames(clock), show_command_line=False)

    stats = stats_reader(table, clock).read()
    listed = ProcessLister(table, details, window_seconds=15).processes(Wanted(by="mem", count=500))

    itself = psutil.Process()
    mine = next(process for process in listed.processes if process.pid == itself.pid)
    assert (mine.user, mine.ppid, mine.name) == (itself.username(), itself.ppid(), itself.name())
    assert (stats.memory_total_bytes, stats.boot_time_seconds) == (
        psutil.virtual_memory().total,
        psutil.boot_time(),
    )
    assert stats.cpus_online == psutil.cpu_count()
    assert stats.uptime_seconds == pytest.approx(clock.unix_seconds() - psutil.boot_time(), abs=5)

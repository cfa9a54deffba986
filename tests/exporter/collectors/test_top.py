import os
import threading
from collections.abc import Callable
from pathlib import Path

from prometheus_client.samples import Sample

from exporter.collectors.top import TopCollector
from exporter.host.process_details import DetailsReader
from exporter.host.snapshot import Snapshot
from exporter.host.stat import Process, parse_stat
from exporter.host.table import Pace, ProcessTable
from exporter.host.user_names import UserNames, user_name
from exporter.processes.top import TopSelection
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import MEMORY_BYTES, a_process, a_snapshot, a_stat_line
from tests.waiting import wait_until

RATIO = "marax_top_process_cpu_usage_ratio"
WINDOW = "marax_sample_window_seconds"


class Top:
    """A top collector over snapshots made up, and a procfs of its own."""

    def __init__(
        self,
        procfs: Path,
        *,
        show_command_line: bool = False,
        look_up: Callable[[int], str] = user_name,
    ) -> None:
        self.clock = FakeClock()
        self.processes: list[Process] = []
        self.before_a_scan: Callable[[], None] = lambda: None
        selection = TopSelection(count=5, new_per_hour=240, window_seconds=15)
        table = ProcessTable(self.scan, self.clock, Pace(), followers=[selection.follow])
        details = DetailsReader(
            procfs, UserNames(self.clock, look_up=look_up), show_command_line=show_command_line
        )
        self.collector = TopCollector(table, selection, details)

    def scan(self) -> Snapshot:
        self.before_a_scan()
        return a_snapshot(self.processes, at=self.clock.monotonic_seconds())

    def samples(self) -> list[Sample]:
        return [sample for metric in self.collector.collect() for sample in metric.samples]

    def named(self, name: str) -> list[Sample]:
        return [sample for sample in self.samples() if sample.name == name]


def test_has_no_ratio_before_there_is_a_window(tmp_path: Path):
    top = Top(tmp_path)
    top.processes = [a_process(7, rss_bytes=MEMORY_BYTES // 10)]

    names = {sample.name for sample in top.samples()}

    assert RATIO not in names
    assert WINDOW not in names
    assert "marax_top_process_memory_rss_bytes" in names


def test_shows_ratio_and_memory_of_every_member(tmp_path: Path):
    top = Top(tmp_path)
    top.processes = [a_process(7, name="db", rss_bytes=MEMORY_BYTES // 10)]
    top.samples()
    top.clock.advance(20)
    top.processes = [a_process(7, name="db", own_ticks=1000, rss_bytes=MEMORY_BYTES // 8)]

    by_name = {sample.name: sample for sample in top.samples()}

    assert by_name[RATIO].labels == {"pid": "7", "name": "db"}
    assert by_name[RATIO].value == 0.25
    assert by_name["marax_top_process_memory_rss_bytes"].labels == {"pid": "7", "name": "db"}
    assert by_name["marax_top_process_memory_rss_bytes"].value == MEMORY_BYTES // 8
    assert by_name[WINDOW].value == 20
    assert by_name["marax_top_identities_total"].value == 1
    assert by_name["marax_top_identities_limited"].value == 0


def test_shows_a_member_that_used_nothing_as_zero(tmp_path: Path):
    top = Top(tmp_path)
    top.processes = [a_process(7, rss_bytes=MEMORY_BYTES // 10)]
    top.samples()
    top.clock.advance(20)

    assert [sample.value for sample in top.named(RATIO)] == [0]


def test_leaves_the_ratios_out_when_they_no_longer_speak_of_now(tmp_path: Path):
    top = Top(tmp_path)
    top.processes = [a_process(7, rss_bytes=MEMORY_BYTES // 10)]
    top.samples()
    top.clock.advance(20)
    top.samples()
    top.clock.advance(20)
    hanging, hang = threading.Event(), threading.Event()

    def hang_here() -> None:
        hanging.set()
        hang.wait()

    top.before_a_scan = hang_here
    stuck = threading.Thread(target=top.samples)
    stuck.start()
    hanging.wait()

    names = {sample.name for sample in top.samples()}
    hang.set()
    stuck.join()

    assert names & {RATIO, WINDOW} == set()
    assert "marax_top_process_memory_rss_bytes" in names


def test_shows_the_number_of_a_user_until_the_name_is_known(tmp_path: Path):
    known = threading.Event()

    def look_up(_uid: int) -> str:
        known.wait()
        return "ann"

    put(tmp_path, 7, unit="db.service")
    (tmp_path / "7/status").write_text("Uid:\t1000\t1000\t1000\t1000\n")
    top = Top(tmp_path, look_up=look_up)
    top.processes = [a_process(7, start_ticks=5000, rss_bytes=MEMORY_BYTES // 10)]

    before = [sample.labels["user"] for sample in top.named("marax_top_process_info")]
    known.set()

    assert before == ["1000"]
    wait_until(lambda: top.named("marax_top_process_info")[0].labels["user"] == "ann")


def put(procfs: Path, pid: int, *, unit: str, command_line: str = "db\0--password=x\0") -> None:
    (procfs / f"{pid}").mkdir(exist_ok=True)
    (procfs / f"{pid}/stat").write_bytes(a_stat_line(pid, start_ticks=5000))
    (procfs / f"{pid}/status").write_text("Name:\tdb\nUid:\t0\t0\t0\t0\n")
    (procfs / f"{pid}/cgroup").write_text(f"0::/system.slice/{unit}\n")
    (procfs / f"{pid}/cmdline").write_text(command_line)


def a_large_process(**changes: object) -> Process:
    return a_process(7, name="db", start_ticks=5000, rss_bytes=MEMORY_BYTES // 10, **changes)


def test_says_who_a_member_is(tmp_path: Path):
    put(tmp_path, 7, unit="db.service")
    top = Top(tmp_path)
    top.processes = [a_large_process()]

    (info,) = top.named("marax_top_process_info")

    assert info.labels == {"pid": "7", "name": "db", "user": "root", "ppid": "1", "unit": "db.service"}
    assert info.value == 1


def test_shows_the_command_line_only_if_told_to(tmp_path: Path):
    put(tmp_path, 7, unit="db.service")
    top = Top(tmp_path, show_command_line=True)
    top.processes = [a_large_process()]

    (info,) = top.named("marax_top_process_info")

    assert info.labels["cmdline"] == "db --password=x"


def test_leaves_out_who_a_member_is_when_another_bears_its_number(tmp_path: Path):
    put(tmp_path, 7, unit="db.service")
    top = Top(tmp_path)
    top.processes = [a_process(7, start_ticks=4999, rss_bytes=MEMORY_BYTES // 10)]

    assert top.named("marax_top_process_info") == []
    assert len(top.named("marax_top_process_memory_rss_bytes")) == 1


def test_reads_the_details_anew_only_when_a_member_is_named_anew(tmp_path: Path):
    put(tmp_path, 7, unit="first.service")
    top = Top(tmp_path)
    units = []
    for parent_pid, unit in ((1, "second.service"), (1, "third.service"), (2, "third.service")):
        top.processes = [a_large_process(parent_pid=parent_pid)]
        units += [sample.labels["unit"] for sample in top.named("marax_top_process_info")]
        put(tmp_path, 7, unit=unit)
        top.clock.advance(20)

    assert units == ["first.service", "first.service", "third.service"]


def test_shows_the_details_that_it_knows_when_a_member_is_named_as_before(tmp_path: Path):
    top = Top(tmp_path)
    units = list[str]()
    for parent_pid in (1, 2, 1, 2):
        put(tmp_path, 7, unit=f"{len(units)}.service")
        top.processes = [a_large_process(parent_pid=parent_pid)]
        units += [sample.labels["unit"] for sample in top.named("marax_top_process_info")]
        top.clock.advance(20)

    assert units == ["0.service", "1.service", "0.service", "1.service"]


def test_knows_a_real_process():
    top = Top(Path("/proc"))
    ourselves = parse_stat(Path("/proc/self/stat").read_bytes())
    top.processes = [a_process(os.getpid(), start_ticks=ourselves.start_ticks, rss_bytes=MEMORY_BYTES)]
    top.clock.advance(ourselves.start_ticks / 100)

    (info,) = top.named("marax_top_process_info")

    assert info.labels["pid"] == str(os.getpid())
    assert info.labels["user"]

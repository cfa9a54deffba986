import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import PAGESIZE
from pathlib import Path
from typing import Any

import psutil
import pytest

from exporter.host.files import HostReadError
from exporter.host.scan import ProcessScanner
from exporter.host.snapshot import HostTotals, Snapshot
from exporter.host.stat import Process
from marax.clock import SystemClock
from tests.descriptors import descriptors
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import a_stat_line
from tests.programs import asleep

PROCFS = Path("/proc")
BROKEN = Path(__file__).parents[2] / "data/proc/broken"
TOTALS = ("stat", "loadavg", "meminfo", "sys/kernel/pid_max")
KNOWN = {"busy_seconds", "tasks", "pids_limit"}
NOBODY = 65534
ASKED = ["cpu_times", "create_time", "memory_info", "name", "ppid"]


@contextmanager
def a_scanner(procfs: Path = PROCFS, *, held_descriptors: int = 1000) -> Iterator[ProcessScanner]:
    scanner = ProcessScanner(procfs, SystemClock(), held_descriptors=held_descriptors)
    try:
        yield scanner
    finally:
        scanner.close()


@pytest.fixture(params=[0, 1, 1000], ids=["none held", "one held", "all held"])
def held_descriptors(request: pytest.FixtureRequest) -> int:
    held: int = request.param
    return held


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A procfs without processes."""
    for name in TOTALS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((BROKEN / name).read_bytes())
    return tmp_path


def put(tree: Path, pid: int, line: bytes) -> Path:
    (tree / f"{pid}").mkdir(exist_ok=True)
    (tree / f"{pid}/stat").write_bytes(line)
    return tree / f"{pid}/stat"


def test_counts_what_it_can_make_no_sense_of_and_reads_the_rest(held_descriptors: int):
    with a_scanner(BROKEN, held_descriptors=held_descriptors) as scanner:
        scanner.scan()
        snapshot = scanner.scan()

    names = {pid: process.name for pid, process in snapshot.processes.items()}
    assert names == {1: "systemd", 2: "kthreadd", 300: "a) S 1 (b\nc �", 308: ""}
    assert (snapshot.malformed, snapshot.refused) == (5, 0)


def test_holds_the_hosts_own_account_and_both_times():
    clock = FakeClock(unix_seconds=1_800_000_000.0)
    scanner = ProcessScanner(BROKEN, clock, held_descriptors=0)

    snapshot = scanner.scan()
    scanner.close()

    busy_seconds = (1000 + 200 + 300 + 60 + 70) / os.sysconf("SC_CLK_TCK")
    assert snapshot.totals == HostTotals(
        cpus=2, busy_seconds=busy_seconds, tasks=40, memory_bytes=8 * 1024**3, pids_limit=4194304
    )
    assert snapshot.unix_seconds == 1_800_000_000.0
    assert snapshot.monotonic_seconds == clock.monotonic_seconds()


def test_counts_processes_that_it_may_not_read(tree: Path):
    with tempfile.TemporaryDirectory() as folder:
        for name in TOTALS:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes((tree / name).read_bytes())
        Path(folder).chmod(0o755)
        put(Path(folder), 10, a_stat_line(10))
        put(Path(folder), 11, a_stat_line(11)).chmod(0)
        with a_scanner(Path(folder)) as scanner, as_nobody():
            snapshot = scanner.scan()

    assert (list(snapshot.processes), snapshot.refused) == ([10], 1)


@contextmanager
def as_nobody() -> Iterator[None]:
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("name", TOTALS)
@pytest.mark.parametrize("content", [None, b"", b"\x00\xff nonsense\n"], ids=["missing", "empty", "nonsense"])
def test_a_file_of_the_host_costs_only_what_it_says(tree: Path, name: str, content: bytes | None):
    put(tree, 10, a_stat_line(10))
    (tree / name).unlink()
    if content is not None:
        (tree / name).write_bytes(content)

    with a_scanner(tree) as scanner:
        snapshot = scanner.scan()

    ((lost, error),) = snapshot.totals.unread.items()
    known = {name for name in KNOWN if getattr(snapshot.totals, name) is not None}
    assert list(snapshot.processes) == [10]
    assert known == KNOWN - {lost}
    assert snapshot.totals.memory_bytes > 0
    assert str(tree / name) in error


def test_counts_the_cpus_itself_where_the_host_does_not(tree: Path):
    (tree / "stat").unlink()

    with a_scanner(tree) as scanner:
        assert scanner.scan().totals.cpus == psutil.cpu_count()


def test_says_that_there_is_no_such_procfs(tmp_path: Path):
    with pytest.raises(HostReadError, match=f"cannot read {tmp_path}/none: No such file"):
        ProcessScanner(tmp_path / "none", SystemClock(), held_descriptors=0)


def test_reads_a_process_anew_at_every_scan(tree: Path, held_descriptors: int):
    line = a_stat_line(10)
    stat = put(tree, 10, line)
    with a_scanner(tree, held_descriptors=held_descriptors) as scanner:
        before = scanner.scan()
        stat.write_bytes(line.replace(b" 7 3 ", b" 9 3 "))
        after = scanner.scan()

    assert (before.processes[10].own_ticks, after.processes[10].own_ticks) == (10, 12)


def test_shares_what_has_not_changed_with_the_snapshot_before(tree: Path, held_descriptors: int):
    put(tree, 10, a_stat_line(10))
    with a_scanner(tree, held_descriptors=held_descriptors) as scanner:
        before, after = scanner.scan(), scanner.scan()

    assert after.processes[10] is before.processes[10]


def identity(process: Process) -> tuple[object, ...]:
    """Return what no other process changes; every job of a kernel worker renames it."""
    name = "" if process.is_kernel_thread else process.name
    return process.start_ticks, name, process.parent_pid, process.threads


def unchanged(before: Snapshot, after: Snapshot) -> list[int]:
    """Return the processes that are the same in both."""
    both = before.processes.keys() & after.processes.keys()
    return [pid for pid in both if identity(before.processes[pid]) == identity(after.processes[pid])]


def test_agrees_with_psutil_on_every_process(held_descriptors: int):
    with a_scanner(held_descriptors=held_descriptors) as scanner:
        before = scanner.scan()
        seen = {process.pid: process.info for process in psutil.process_iter(ASKED)}
        after = scanner.scan()

    compared = [pid for pid in unchanged(before, after) if pid in seen]
    assert {os.getpid(), os.getppid()} <= set(compared)
    for pid in compared:
        compare(before, after, pid, seen[pid])


@pytest.mark.parametrize(
    "name", [b"odd\xff\xfename", "fourteen bytesé".encode()], ids=["no letters", "half a letter"]
)
def test_agrees_with_psutil_on_a_name_that_is_not_utf_8(tmp_path: Path, name: bytes):
    program = os.path.join(os.fsencode(tmp_path), name)  # noqa: PTH118 - pathlib knows no bytes
    os.symlink(os.fsencode(shutil.which("sleep") or ""), program)  # noqa: PTH211
    with asleep(program) as process, a_scanner() as scanner:
        before = scanner.scan()
        oracle = psutil.Process(process.pid).as_dict(ASKED)
        after = scanner.scan()

    assert "\ufffd" in before.processes[process.pid].name
    compare(before, after, process.pid, oracle)


def compare(before: Snapshot, after: Snapshot, pid: int, oracle: dict[str, Any]) -> None:
    """Hold a process against what psutil found between the two scans."""
    process, later = before.processes[pid], after.processes[pid]
    cpu_seconds = oracle["cpu_times"].user + oracle["cpu_times"].system
    start_seconds = process.start_ticks / before.ticks_per_second
    name = os.fsencode(oracle["name"])[:15].decode(errors="replace")  # no surrogates: xdist cannot send them
    assert process.parent_pid == (oracle["ppid"] or 0)
    assert process.name == name or process.is_kernel_thread
    assert process.own_ticks - 5 <= cpu_seconds * before.ticks_per_second <= later.own_ticks + 5
    assert start_seconds == pytest.approx(oracle["create_time"] - psutil.boot_time(), abs=2.0)
    if process.rss_bytes == later.rss_bytes:
        assert process.rss_bytes == pytest.approx(oracle["memory_info"].rss, rel=0.5, abs=16 * 1024**2)


def test_agrees_with_psutil_on_the_host():
    with a_scanner() as scanner:
        totals = scanner.scan().totals

    assert totals.memory_bytes == psutil.virtual_memory().total
    assert totals.cpus == psutil.cpu_count()


def test_lets_go_of_a_process_that_has_ended(held_descriptors: int):
    with (
        a_scanner(held_descriptors=held_descriptors) as scanner,
        asleep() as process,
    ):
        before = scanner.scan()
        process.kill()
        process.wait()
        after = scanner.scan()

    assert process.pid in before.processes
    assert process.pid not in after.processes


def test_finds_a_zombie():
    with a_scanner() as scanner, subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        snapshot = scanner.scan()

    assert snapshot.processes[process.pid].state == "Z"


def test_holds_no_more_descriptors_than_it_may_and_gives_all_back():
    before = descriptors()
    with a_scanner(held_descriptors=5) as scanner:
        scanner.scan()
        scanner.scan()
        held = descriptors() - before

    assert len(held) == 5 + 1
    assert held & descriptors() == set()


def test_gives_back_the_descriptors_of_processes_that_are_gone(tree: Path):
    folders = [put(tree, pid, a_stat_line(pid)).parent for pid in range(10, 30)]
    with a_scanner(tree) as scanner:
        scanner.scan()
        before = held_in(tree)
        for folder in folders[:15]:
            shutil.rmtree(folder)
        scanner.scan()

        assert held_in(tree) == before - 15


def held_in(tree: Path) -> int:
    return sum(path.startswith(str(tree)) for _, path in descriptors())


def test_goes_on_without_held_descriptors_when_they_run_out(tree: Path):
    for pid in range(10, 110):
        put(tree, pid, a_stat_line(pid))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with a_scanner(tree) as scanner:
        resource.setrlimit(resource.RLIMIT_NOFILE, (psutil.Process().num_fds() + 30, hard))
        try:
            snapshots = [scanner.scan(), scanner.scan()]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert [len(snapshot.processes) for snapshot in snapshots] == [100, 100]


@pytest.mark.parametrize(
    ("limits", "raised", "spare"),
    [
        ((1024, 20000), 16384, 15872),
        ((1024, 4096), 4096, 3584),
        ((1024, 1024), 1024, 512),
        ((300, 300), 300, 0),
        ((18000, 20000), 18000, 15872),
    ],
    ids=["as systemd has it", "a low hard limit", "no room", "too few", "plenty"],
)
def test_has_descriptors_up_to_the_hard_limit_and_leaves_some_to_others(
    limits: tuple[int, int], raised: int, spare: int
):
    program = f"""
import resource
from exporter.host.stat_files import raise_descriptor_limit, spare_descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, {limits})
raise_descriptor_limit()
print(spare_descriptors(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    if limits[1] > resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
        pytest.skip("this machine's hard limit is lower")

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.split() == [str(spare), str(raised)]


def a_sleeper(pid: int, *, parent: int = 1, own_ticks: int = 7) -> bytes:
    """Return the line of a process with one thread."""
    line = a_stat_line(pid).replace(b" 20 0 4 0 ", b" 20 0 1 0 ").replace(b" 7 3 ", b" %d 3 " % own_ticks)
    return line.replace(b" S 1 ", b" S %d " % parent)


@pytest.fixture
def telling_tree(tree: Path) -> Path:
    """A procfs whose kernel tells how much a process has run."""
    (tree / "self").mkdir(exist_ok=True)
    put_runs(tree, "self", b"1 2 3\n")
    return tree


def put_runs(tree: Path, folder: str, runs: bytes) -> None:
    (tree / folder / "schedstat").write_bytes(runs)


def own_ticks_found(scanner: ProcessScanner, pid: int = 10) -> int:
    return scanner.scan().processes[pid].own_ticks


def test_reads_no_stat_file_of_a_process_that_has_not_run(telling_tree: Path):
    stat = put(telling_tree, 10, a_sleeper(10))
    put_runs(telling_tree, "10", b"500 20 3\n")
    with a_scanner(telling_tree) as scanner:
        known = [own_ticks_found(scanner) for _ in range(3)]
        stat.write_bytes(a_sleeper(10, own_ticks=9))
        asleep = own_ticks_found(scanner)
        put_runs(telling_tree, "10", b"501 20 4\n")
        awake = own_ticks_found(scanner)

    assert (known, asleep, awake) == ([10, 10, 10], 10, 12)


def test_reads_every_stat_file_once_in_12_scans(telling_tree: Path):
    stat = put(telling_tree, 10, a_sleeper(10))
    put_runs(telling_tree, "10", b"500 20 3\n")
    with a_scanner(telling_tree) as scanner:
        before = [own_ticks_found(scanner) for _ in range(3)][-1]
        stat.write_bytes(a_sleeper(10, own_ticks=9))
        after = [own_ticks_found(scanner) for _ in range(12)]

    assert (before, after[-1]) == (10, 12)


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        (a_stat_line(10), b"500 20 3\n"),
        (a_sleeper(10), b"0 0 0\n"),
        (a_sleeper(10), b""),
        (a_sleeper(10), None),
    ],
    ids=["other threads may have run", "the kernel does not count", "empty", "missing"],
)
def test_reads_a_process_at_every_scan_unless_it_is_known_to_sleep(
    telling_tree: Path, line: bytes, runs: bytes | None
):
    stat = put(telling_tree, 10, line)
    if runs is not None:
        put_runs(telling_tree, "10", runs)
    with a_scanner(telling_tree) as scanner:
        before = [own_ticks_found(scanner) for _ in range(3)][-1]
        stat.write_bytes(line.replace(b" 7 3 ", b" 9 3 "))
        after = own_ticks_found(scanner)

    assert (before, after) == (10, 12)


def test_sees_the_new_parent_of_a_process_that_sleeps(telling_tree: Path):
    stat = put(telling_tree, 10, a_sleeper(10, parent=9))
    put_runs(telling_tree, "10", b"500 20 3\n")
    parent = put(telling_tree, 9, a_stat_line(9)).parent
    with a_scanner(telling_tree) as scanner:
        before = [scanner.scan().processes[10].parent_pid for _ in range(3)][-1]
        shutil.rmtree(parent)
        stat.write_bytes(a_sleeper(10, parent=1))
        after = scanner.scan().processes[10].parent_pid

    assert (before, after) == (9, 1)


def test_sees_the_new_parent_when_another_bears_the_number_of_the_old(telling_tree: Path):
    stat = put(telling_tree, 10, a_sleeper(10, parent=19))
    put_runs(telling_tree, "10", b"500 20 3\n")
    parent = put(telling_tree, 19, a_stat_line(19))
    with a_scanner(telling_tree) as scanner:
        before = [scanner.scan().processes[10].parent_pid for _ in range(3)][-1]
        parent.write_bytes(a_stat_line(19, start_ticks=6000))
        stat.write_bytes(a_sleeper(10, parent=1))
        after = scanner.scan().processes[10].parent_pid

    assert (before, after) == (19, 1)


def test_sees_a_real_process_wake_and_work():
    program = "import sys\nfor line in sys.stdin: sum(range(10_000_000)); print(flush=True)"
    with (
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as worker,
        a_scanner() as scanner,
    ):
        assert worker.stdin
        assert worker.stdout
        before = [own_ticks_found(scanner, worker.pid) for _ in range(5)][-1]
        worker.stdin.write("work\n")
        worker.stdin.flush()
        worker.stdout.readline()
        after = own_ticks_found(scanner, worker.pid)
        worker.kill()

    assert after > before


def test_finds_what_a_scanner_finds_that_reads_every_file():
    with a_scanner() as scanner, a_scanner(held_descriptors=0) as thorough:
        for _ in range(5):
            scanner.scan()
        expected, found, later = thorough.scan(), scanner.scan(), thorough.scan()

    settled = unchanged(expected, later)
    assert len(settled) >= 0.8 * len(expected.processes)
    for pid in settled:
        ours, theirs = found.processes[pid], expected.processes[pid]
        assert identity(ours) == identity(theirs)
        assert ours.own_ticks == pytest.approx(theirs.own_ticks, abs=20)


LEADERLESS = """
import ctypes, threading, sys, time
held = bytearray(b"x" * (64 * 1024 * 1024))
def hold():
    main.join(2)
    print(flush=True)
    {work}
main = threading.main_thread()
threading.Thread(target=hold).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@contextmanager
def without_main_thread(work: str = "time.sleep(60)") -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds 64 MiB and whose main thread has ended."""
    program = LEADERLESS.format(work=work)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_process_whose_main_thread_has_ended_has_its_memory_and_its_state(held_descriptors: int):
    with without_main_thread() as process, a_scanner(held_descriptors=held_descriptors) as scanner:
        told = Path(f"/proc/{process.pid}/stat").read_bytes()
        snapshots = [scanner.scan() for _ in range(3)]

    assert b") Z " in told, "the kernel calls it a zombie"
    for snapshot in snapshots:
        found = snapshot.processes[process.pid]
        assert found.state in ("S", "D", "R")
        assert found.rss_bytes > 64 * 1024**2


def a_leaderless_line(pid: int, *, state: str = "Z", rss_pages: int = 0) -> bytes:
    return a_stat_line(pid, state=state).replace(b" 1048576 25 ", b" 1048576 %d " % rss_pages)


@pytest.mark.parametrize(
    ("threads", "found"),
    [
        ({11: a_leaderless_line(11, state="R", rss_pages=7)}, ("R", 7)),
        ({11: a_leaderless_line(11), 12: a_leaderless_line(12, state="D", rss_pages=9)}, ("D", 9)),
        ({11: a_leaderless_line(11, state="X")}, ("Z", 0)),
        ({11: b"", 12: b"nonsense", 13: a_leaderless_line(13, state="S", rss_pages=3)}, ("S", 3)),
        ({11: None, 12: a_leaderless_line(12, state="S", rss_pages=3)}, ("S", 3)),
        ({}, ("Z", 0)),
        (None, ("Z", 0)),
    ],
    ids=[
        "one lives",
        "the second lives",
        "none lives",
        "two are broken",
        "one is gone",
        "none",
        "unreadable",
    ],
)
def test_takes_the_memory_from_a_thread_that_lives(
    tree: Path, threads: dict[int, bytes | None] | None, found: tuple[str, int]
):
    put(tree, 10, a_leaderless_line(10))
    if threads is not None:
        for thread, line in ({10: a_leaderless_line(10)} | threads).items():
            folder = tree / f"10/task/{thread}"
            folder.mkdir(parents=True)
            if line is not None:
                (folder / "stat").write_bytes(line)

    with a_scanner(tree) as scanner:
        process = scanner.scan().processes[10]

    assert (process.state, process.rss_bytes) == (found[0], found[1] * PAGESIZE)


def test_follows_the_memory_of_a_thread_though_the_stat_file_stays_the_same(tree: Path):
    put(tree, 10, a_leaderless_line(10))
    (tree / "10/task/11").mkdir(parents=True)
    stat = tree / "10/task/11/stat"
    with a_scanner(tree) as scanner:
        found = []
        for pages in (7, 9):
            stat.write_bytes(a_leaderless_line(11, state="S", rss_pages=pages))
            found.append(scanner.scan().processes[10].rss_bytes)

    assert found == [7 * PAGESIZE, 9 * PAGESIZE]


def test_a_zombie_with_one_thread_costs_nothing_more(tree: Path):
    line = a_leaderless_line(10).replace(b" 20 0 4 0 ", b" 20 0 1 0 ")
    put(tree, 10, line)
    (tree / "10/task/11").mkdir(parents=True)
    (tree / "10/task/11/stat").write_bytes(a_leaderless_line(11, state="S", rss_pages=7))

    with a_scanner(tree) as scanner:
        assert scanner.scan().processes[10].state == "Z"

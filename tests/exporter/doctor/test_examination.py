"""The doctor over hosts that are made up."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exporter.collectors.collector import Collector
from exporter.collectors.memory import MEMORY_TOTAL
from exporter.config import ExporterSettings
from exporter.doctor.examination import Examination
from exporter.doctor.finding import Finding
from exporter.host.files import HostReadError
from exporter.host.snapshot import Snapshot
from marax.clock import SystemClock
from marax.settings.addresses import ListenAddress
from tests.fakes.collectors import FakeCollector, StuckCollector
from tests.fakes.snapshots import a_process, a_snapshot, a_stat_line
from tests.waiting import PATIENCE_SECONDS

UNIT = "0::/system.slice/marax-exporter.service\n"
LXCFS = "45 27 0:21 / ROOT/proc rw - proc proc rw\n63 45 0:39 / ROOT/proc/meminfo rw - fuse.lxcfs lxcfs rw\n"
PROC = "45 27 0:21 / ROOT/proc rw - proc proc rw\n"


class Host:
    """A host under *root* with this process and one that serves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.snapshot = a_snapshot([a_process(7, name="marax-exporter", start_ticks=5000, threads=400)])
        self.collectors: list[Collector] = [FakeCollector()]
        self.look_up: Callable[[int], str] = lambda uid: f"user-{uid}"
        self.has("self", mounts=PROC, cgroup="0::/user.slice\n")

    def has(self, process: str, *, mounts: str, cgroup: str) -> None:
        folder = self.root / "proc" / process
        (folder / "ns").mkdir(parents=True)
        (folder / "mountinfo").write_text(mounts.replace("ROOT", str(self.root)))
        (folder / "uid_map").write_text("0 0 4294967295\n")
        (folder / "cgroup").write_text(cgroup)
        (folder / "stat").write_bytes(a_stat_line(7, b"marax-exporter"))
        (self.root / "sys/fs/cgroup/user.slice").mkdir(parents=True, exist_ok=True)

    def scan(self) -> Snapshot:
        return self.snapshot

    def findings(self, **changes: Any) -> dict[str, Finding]:
        fields: dict[str, Any] = {
            "settings": ExporterSettings(listen=ListenAddress("127.0.0.1", 0)),
            "collectors": self.collectors,
            "scan": self.scan,
            "look_up": self.look_up,
            "held_descriptors": 512,
            "clock": SystemClock(),
            "root": self.root,
        }
        return {finding.check: finding for finding in Examination(**fields | changes).findings()}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def hang() -> Iterator[Callable[..., Any]]:
    """Give what never returns, as long as the test runs."""
    event = threading.Event()

    def hang_here(*_: object) -> Any:
        event.wait(PATIENCE_SECONDS)

    yield hang_here
    event.set()


def test_says_of_each_check_what_it_found(host: Host):
    found = host.findings()

    assert {check: finding.verdict for check, finding in found.items()} | {"clock": ""} == {
        **dict.fromkeys(["container", "processes", "scan", "descriptors", "users"], "ok"),
        **dict.fromkeys(["limits", "address", "collectors"], "ok"),
        "user": found["user"].verdict,
        "pressure": "problem",
        "clock": "",
    }


def test_says_what_the_unit_hides_from_the_process_that_serves(host: Host):
    (host.root / "proc/self/mountinfo").write_text(LXCFS.replace("ROOT", str(host.root)))
    host.has("7", mounts=PROC, cgroup=UNIT)

    finding = host.findings()["unit"]

    assert finding.verdict == "problem"
    assert "hides LXCFS" in finding.says


def test_says_that_the_process_that_serves_sees_lxcfs(host: Host):
    (host.root / "proc/self/mountinfo").write_text(LXCFS.replace("ROOT", str(host.root)))
    host.has("7", mounts=LXCFS, cgroup=UNIT)

    assert host.findings()["unit"].verdict == "ok"


def test_says_which_limits_hold_the_process_that_serves(host: Host):
    host.has("7", mounts=PROC, cgroup=UNIT)
    folder = host.root / "sys/fs/cgroup/system.slice/marax-exporter.service"
    folder.mkdir(parents=True)
    (folder / "memory.max").write_text("536870912\n")
    (folder / "memory.current").write_text("47185920\n")
    (folder / "memory.stat").write_text("inactive_file 0\n")
    (folder / "cpu.max").write_text("max 100000\n")

    finding = host.findings()["limits"]

    assert finding.says == "45 of 512 MiB memory in use (cgroup /system.slice/marax-exporter.service)"


def test_a_service_that_does_not_run_is_a_note_under_systemd(host: Host):
    before = host.findings()
    (host.root / "run/systemd/system").mkdir(parents=True)

    after = host.findings()

    assert "unit" not in before
    assert (after["unit"].verdict, "is not running" in after["unit"].says) == ("note", True)


def test_a_service_that_cannot_be_looked_into_is_a_note(host: Host):
    host.has("7", mounts=PROC, cgroup=UNIT)
    (host.root / "proc/7/mountinfo").unlink()

    finding = host.findings()["unit"]

    assert finding.verdict == "note"
    assert "mountinfo: No such file" in finding.says
    assert finding.remedy == "`sudo marax-exporter doctor` can see it"


def test_a_user_database_that_hangs_is_a_problem_and_nothing_waits_for_it(
    host: Host, hang: Callable[..., Any]
):
    host.look_up = hang

    found = host.findings()

    assert found["users"].verdict == "problem"
    assert "did not answer within 2 s" in found["users"].says
    assert found["collectors"].verdict == "ok"


@pytest.mark.parametrize("error", [RuntimeError("crash"), OSError("EIO")], ids=repr)
def test_a_user_database_that_crashes_is_a_problem(host: Host, error: Exception):
    def crash(_uid: int) -> str:
        raise error

    host.look_up = crash

    finding = host.findings()["users"]

    assert finding.verdict == "problem"
    assert f"the user database failed ({type(error).__name__}: {error})" in finding.says


def test_hangs_on_no_check(host: Host, hang: Callable[..., Any]):
    stuck = StuckCollector("memory", MEMORY_TOTAL)
    host.collectors = [stuck, FakeCollector()]

    found = host.findings(scan=hang, patience_seconds=0.5)
    stuck.release()

    for check in ("processes", "collectors"):
        assert found[check].verdict == "problem"
        assert found[check].says == "the check did not finish within 0.5 s: what it reads or asks hangs"
    assert found["address"].verdict == "ok"


def test_tells_what_cannot_be_read_and_goes_on(host: Host):
    def scan() -> Snapshot:
        raise HostReadError("cannot list /proc: Permission denied")

    (host.root / "proc/self/mountinfo").unlink()

    found = host.findings(scan=scan)

    assert (found["processes"].verdict, found["processes"].says) == (
        "problem",
        "cannot list /proc: Permission denied",
    )
    assert found["user"].verdict == "problem"
    assert "clock" in found


def test_a_proc_of_processes_only_has_no_follow_ups(host: Host):
    (host.root / "proc/self/mountinfo").write_text(
        f"45 27 0:21 / {host.root}/proc rw - proc proc rw,subset=pid\n"
    )
    host.collectors = [FakeCollector("cpu"), FakeCollector("load")]
    for collector in host.collectors:
        collector.error = HostReadError("cannot read /proc/stat")  # type: ignore[attr-defined] # a fake's

    found = host.findings()

    assert found["processes"].remedy == "`systemctl edit marax-exporter`: ProcSubset=all"
    assert "pressure" not in found
    assert (found["collectors"].says, found["collectors"].remedy) == (
        "for that reason cpu, load failed: cannot read /proc/stat",
        "",
    )

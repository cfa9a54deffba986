"""Whatever the host's files hold, every collector says what it can or is counted as failed."""

import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.collectors.cgroup import CgroupCollector
from exporter.collectors.collector import Collector
from exporter.collectors.cpu import CpuCollector, CpuPerCoreCollector
from exporter.collectors.groups import GroupsCollector
from exporter.collectors.load import LoadCollector
from exporter.collectors.memory import MemoryCollector, VmstatCollector
from exporter.collectors.pressure import PressureCollector
from exporter.collectors.processes import ProcessesCollector
from exporter.collectors.system import SystemCollector
from exporter.collectors.top import TopCollector
from exporter.host.cpu_usage import UsageWindow
from exporter.host.files import HostReadError
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.load import read_load
from exporter.host.memory import read_memory, read_vmstat
from exporter.host.os_release import read_os_release
from exporter.host.pressure import read_pressure
from exporter.host.process_details import DetailsReader
from exporter.host.scan import ProcessScanner
from exporter.host.table import Pace, ProcessTable
from exporter.host.unit import UnitNames
from exporter.host.user_names import UserNames
from exporter.processes.groups import GroupLedger
from exporter.processes.limits import series_limits
from exporter.processes.settings import ProcessSettings
from exporter.processes.top import TopSelection
from exporter.scrape.collector_runner import Collected, CollectorRunner, Failed
from exporter.scrape.exposition import as_openmetrics, as_text
from marax.clock import SystemClock
from tests.fakes.snapshots import a_stat_line

SOUND = {
    "proc/stat": b"cpu  1 0 3 40 5 6 7 0 0 0\ncpu0 1 0 3 40 5 6 7 0 0 0\nctxt 9\nbtime 1700\nprocesses 5\n",
    "proc/loadavg": b"0.10 0.20 0.30 1/40 99\n",
    "proc/meminfo": b"".join(
        b"%s: 4096 kB\n" % name.encode()
        for name in (
            *("MemTotal", "MemFree", "MemAvailable", "SwapTotal", "SwapFree", "Buffers", "Cached", "Shmem"),
            *("Active", "Inactive"),
        )
    ),
    "proc/vmstat": b"pgpgin 1\npswpin 1\npswpout 2\npgmajfault 3\noom_kill 4\n",
    "proc/sys/kernel/pid_max": b"4194304\n",
    "proc/pressure/cpu": b"some avg10=0.00 avg60=0.00 avg300=0.00 total=17\n",
    "proc/self/cgroup": b"0::/system.slice/marax-exporter.service\n",
    "proc/7/stat": a_stat_line(7, start_ticks=0).replace(b" 25 ", b" 1000000000 "),  # large on any machine
    "proc/7/status": b"Name:\tworker\nUid:\t0\t0\t0\t0\n",
    "proc/7/cgroup": b"0::/system.slice/worker.service\n",
    "proc/7/cmdline": b"worker\0--all\0",
    "proc/7/schedstat": b"1 2 3\n",
    "etc/os-release": b'ID=debian\nVERSION_ID="12"\n',
    "sys/fs/cgroup/system.slice/marax-exporter.service/memory.max": b"1073741824\n",
    "sys/fs/cgroup/system.slice/marax-exporter.service/memory.current": b"1048576\n",
    "sys/fs/cgroup/system.slice/marax-exporter.service/memory.stat": b"anon 5\ninactive_file 7\n",
    "sys/fs/cgroup/system.slice/marax-exporter.service/cpu.max": b"50000 100000\n",
    "sys/fs/cgroup/system.slice/marax-exporter.service/cpu.stat": b"throttled_usec 5\n",
    "run/systemd/container": b"lxc\n",
}


def broken(content: bytes) -> st.SearchStrategy[bytes | None]:
    """Return ways in which a file that should hold *content* may be wrong; None is a folder in its place."""
    ends = st.integers(0, len(content)).map(lambda end: content[:end])
    mixed = st.tuples(st.integers(0, len(content)), st.binary(max_size=40)).map(
        lambda cut: content[: cut[0]] + cut[1] + content[cut[0] :]
    )
    return st.one_of(st.just(content), st.none(), ends, mixed, st.binary(max_size=200))


HOSTS = st.fixed_dictionaries({}, optional={name: broken(content) for name, content in SOUND.items()})


def lay_out(root: Path, files: dict[str, bytes | None]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(content)


class Scene:
    """Every collector that reads files, over a host under *root*."""

    def __init__(self, root: Path) -> None:
        procfs, clock, choices = root / "proc", SystemClock(), ProcessSettings()
        procfs.mkdir(exist_ok=True)
        self._scanner = ProcessScanner(procfs, clock, held_descriptors=100)
        ledger = GroupLedger(limit=5, new_per_hour=240, naming=UnitNames(procfs))
        selection = TopSelection(count=5, new_per_hour=240, window_seconds=15)
        table = ProcessTable(self._scanner.scan, clock, Pace(), followers=(ledger.follow, selection.follow))
        read_stat = partial(read_kernel_stat, procfs)
        self.collectors: list[Collector] = [
            CpuCollector(read_stat, clock, UsageWindow()),
            CpuPerCoreCollector(read_stat, clock),
            LoadCollector(partial(read_load, procfs)),
            MemoryCollector(partial(read_memory, procfs)),
            VmstatCollector(partial(read_vmstat, procfs), page_bytes=4096),
            PressureCollector(partial(read_pressure, procfs)),
            SystemCollector(read_stat, partial(read_os_release, root), clock),
            CgroupCollector(root),
            ProcessesCollector(table, series_limits(choices)),
            GroupsCollector(table, ledger),
            TopCollector(table, selection, DetailsReader(procfs, UserNames(clock), show_command_line=True)),
        ]

    def close(self) -> None:
        self._scanner.close()


def outcomes(root: Path) -> dict[str, Collected | Failed]:
    scene = Scene(root)
    found = CollectorRunner(SystemClock()).run(scene.collectors, within_seconds=20)
    scene.close()
    return {name: outcome for name, outcome in found.items() if isinstance(outcome, Collected | Failed)}


def test_every_collector_has_something_to_say_of_a_sound_host(tmp_path: Path):
    lay_out(tmp_path, dict(SOUND))

    found = outcomes(tmp_path)

    assert {name: outcome for name, outcome in found.items() if isinstance(outcome, Failed)} == {}
    assert all(isinstance(outcome, Collected) and outcome.metrics for outcome in found.values())


@settings(max_examples=150, deadline=None)
@example({"proc/self/cgroup": b"0::\x00"})
@given(HOSTS)
def test_no_collector_is_surprised_by_a_broken_host(files: dict[str, bytes | None]):
    with tempfile.TemporaryDirectory() as root:
        lay_out(Path(root), files)

        found = outcomes(Path(root))

    assert len(found) == 11
    for outcome in found.values():
        if isinstance(outcome, Failed):
            assert isinstance(outcome.error, HostReadError), repr(outcome.error)
        list(parse_text(as_text(outcome.metrics).decode()))
        list(parse_openmetrics(as_openmetrics(outcome.metrics).decode()))


OWN_CGROUP = "sys/fs/cgroup/system.slice/marax-exporter.service"
BROKEN_FILES = {
    "proc/stat": (
        {
            *("marax_cpu_seconds_total", "marax_cpu_core_seconds_total", "marax_boot_time_seconds"),
            *("marax_cpus_online", "marax_context_switches_total", "marax_forks_total"),
        },
        {"cpu", "cpu_per_core", "system"},
    ),
    "proc/loadavg": (
        {"marax_load1", "marax_load5", "marax_load15", "marax_process_visibility_ratio"},
        {"load", "processes"},
    ),
    "proc/meminfo": (
        {
            *(f"marax_memory_{what}_bytes" for what in ("total", "available", "free", "buffers", "cached")),
            *("marax_memory_usage_ratio", "marax_swap_total_bytes", "marax_swap_free_bytes"),
        },
        {"memory"},
    ),
    "proc/vmstat": (
        {
            *("marax_swap_in_bytes_total", "marax_swap_out_bytes_total"),
            *("marax_memory_major_faults_total", "marax_memory_oom_kills_total"),
        },
        {"vmstat"},
    ),
    "proc/sys/kernel/pid_max": ({"marax_pids_limit"}, {"processes"}),
    "proc/pressure/cpu": ({"marax_pressure_waiting_seconds_total"}, {"pressure"}),
    f"{OWN_CGROUP}/memory.max": (
        {f"marax_cgroup_memory_{what}_bytes" for what in ("limit", "usage", "working_set")},
        {"cgroup"},
    ),
    f"{OWN_CGROUP}/memory.current": (
        {"marax_cgroup_memory_usage_bytes", "marax_cgroup_memory_working_set_bytes"},
        {"cgroup"},
    ),
    f"{OWN_CGROUP}/memory.stat": ({"marax_cgroup_memory_working_set_bytes"}, {"cgroup"}),
    f"{OWN_CGROUP}/cpu.max": (
        {"marax_cgroup_cpu_limit_cores", "marax_cgroup_cpu_throttled_seconds_total"},
        {"cgroup"},
    ),
    f"{OWN_CGROUP}/cpu.stat": ({"marax_cgroup_cpu_throttled_seconds_total"}, {"cgroup"}),
    "proc/7/status": (set(), set()),
    "proc/7/cgroup": (set(), set()),
    "proc/7/schedstat": (set(), set()),
    "etc/os-release": (set(), set()),
    "run/systemd/container": ({"marax_container_info"}, set()),
}
ABSENT_IS_NO_FAILURE = {"proc/pressure/cpu", f"{OWN_CGROUP}/memory.max", f"{OWN_CGROUP}/cpu.max"}


def told(found: Mapping[str, Collected | Failed]) -> set[str]:
    return {s.name for outcome in found.values() for metric in outcome.metrics for s in metric.samples}


@pytest.mark.parametrize("name", BROKEN_FILES)
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff nonsense\n", b"9" * 5000 + b"\n", None, "missing"],
    ids=["empty", "nonsense", "an endless number", "a folder", "missing"],
)
def test_a_file_that_is_broken_costs_only_what_it_says(
    tmp_path: Path, name: str, content: bytes | str | None
):
    lost, failing = BROKEN_FILES[name]
    sound = told(sound_outcomes(tmp_path / "sound"))
    files: dict[str, bytes | None] = dict(SOUND)
    if isinstance(content, str):
        del files[name]
    else:
        files[name] = content
    lay_out(tmp_path / "broken", files)

    found = outcomes(tmp_path / "broken")

    is_no_failure = content == "missing" and name in ABSENT_IS_NO_FAILURE
    assert told(found) == sound - lost
    assert {one for one, outcome in found.items() if isinstance(outcome, Failed)} == (
        set() if is_no_failure else failing
    )


def sound_outcomes(root: Path) -> Mapping[str, Collected | Failed]:
    lay_out(root, dict(SOUND))
    return outcomes(root)

"""Readings in, samples out, for each collector of the host; processes have tests of their own."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

from exporter.collectors.cgroup import CgroupCollector
from exporter.collectors.collector import Collector
from exporter.collectors.cpu import CpuCollector, CpuPerCoreCollector
from exporter.collectors.itself import ExporterCollector
from exporter.collectors.load import LoadCollector
from exporter.collectors.memory import MemoryCollector, VmstatCollector
from exporter.collectors.pressure import PressureCollector
from exporter.collectors.system import SystemCollector
from exporter.host.cpu_usage import UsageWindow
from exporter.host.kernel_stat import MODES, CpuTimes, KernelStat
from exporter.host.load import Load
from exporter.host.memory import Memory, parse_meminfo
from exporter.host.os_release import OsRelease
from exporter.host.own_process import OwnProcessReader
from exporter.host.pressure import Pressure
from marax.clock import SystemClock
from marax.settings.reload import LastReload
from tests.fakes.clock import FakeClock


def times(**seconds: float) -> CpuTimes:
    return CpuTimes(tuple(seconds.get(mode, 0.0) for mode in MODES))


def stat(cpu: CpuTimes | None = None, **cores: CpuTimes) -> KernelStat:
    return KernelStat(
        cpu=cpu or times(),
        cores={name.removeprefix("cpu"): its_times for name, its_times in cores.items()},
        boot_time_seconds=1_700_000_000,
        context_switches=42,
        forks=7,
    )


class Readings:
    """Gives what a test says the host says."""

    def __init__(self, *readings: KernelStat) -> None:
        self._readings = list(readings)

    def __call__(self) -> KernelStat:
        return self._readings.pop(0)


def samples(metrics: Iterable[Metric]) -> dict[tuple[str, ...], float]:
    return {(s.name, *s.labels.values()): s.value for metric in metrics for s in metric.samples}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_cpu_tells_all_modes_and_no_ratio_from_the_first_reading(clock: FakeClock):
    collector = CpuCollector(Readings(stat(times(user=10, idle=90))), clock, UsageWindow())

    found = samples(collector.collect())

    assert found == {
        ("marax_cpu_seconds_total", mode): {"user": 10, "idle": 90}.get(mode, 0) for mode in MODES
    }


def test_cpu_tells_the_ratio_from_the_second_reading(clock: FakeClock):
    readings = Readings(stat(times(user=10, idle=90)), stat(times(user=11, idle=93)))
    collector = CpuCollector(readings, clock, UsageWindow())
    list(collector.collect())
    clock.advance(2)

    found = samples(collector.collect())

    assert found[("marax_cpu_usage_ratio",)] == 0.25


def test_cpu_counters_do_not_fall(clock: FakeClock):
    readings = Readings(stat(times(iowait=5.0)), stat(times(iowait=4.9)))
    collector = CpuCollector(readings, clock, UsageWindow())
    list(collector.collect())

    found = samples(collector.collect())

    assert found["marax_cpu_seconds_total", "iowait"] == 5.0


def test_cpu_tells_the_ratio_though_iowait_fell(clock: FakeClock):
    readings = Readings(stat(times(user=10, iowait=1000)), stat(times(user=11, iowait=600)))
    collector = CpuCollector(readings, clock, UsageWindow())
    list(collector.collect())
    clock.advance(10)

    found = samples(collector.collect())

    assert found["marax_cpu_seconds_total", "iowait"] == 1009
    assert found[("marax_cpu_usage_ratio",)] == pytest.approx(0.1)


def test_cpu_per_core_follows_the_cpus_that_are_online():
    collector = CpuPerCoreCollector(
        Readings(
            stat(cpu0=times(user=1), cpu1=times(user=2)),
            stat(cpu0=times(user=0.9)),
            stat(cpu0=times(user=3), cpu1=times(user=0.5)),
        ),
        FakeClock(),
    )

    readings = [samples(collector.collect()) for _ in range(3)]

    name = "marax_cpu_core_seconds_total"
    assert [found[name, "0", "user"] for found in readings] == [1, 1, 3]
    assert [found.get((name, "1", "user")) for found in readings] == [2, None, 0.5]


def test_load_tells_three_averages():
    assert samples(LoadCollector(lambda: Load(load1=0.5, load5=1.5, load15=2.5, tasks=9)).collect()) == {
        ("marax_load1",): 0.5,
        ("marax_load5",): 1.5,
        ("marax_load15",): 2.5,
    }


def test_memory_tells_sizes_in_bytes_and_the_share_in_use():
    memory = Memory(
        total_bytes=1000,
        available_bytes=600,
        free_bytes=100,
        buffers_bytes=20,
        cached_bytes=300,
        swap_total_bytes=0,
        swap_free_bytes=0,
    )

    assert samples(MemoryCollector(lambda: memory).collect()) == {
        ("marax_memory_total_bytes",): 1000,
        ("marax_memory_available_bytes",): 600,
        ("marax_memory_free_bytes",): 100,
        ("marax_memory_buffers_bytes",): 20,
        ("marax_memory_cached_bytes",): 300,
        ("marax_memory_usage_ratio",): 0.4,
        ("marax_swap_total_bytes",): 0,
        ("marax_swap_free_bytes",): 0,
    }


def test_memory_leaves_out_what_the_kernel_does_not_tell():
    assert samples(MemoryCollector(lambda: parse_meminfo("MemTotal: 1 kB\nCached: 0 kB\n")).collect()) == {
        ("marax_memory_total_bytes",): 1024,
        ("marax_memory_cached_bytes",): 0,
    }


def test_vmstat_tells_swapping_in_bytes_and_leaves_out_what_the_kernel_does_not_count():
    counters = {"pswpin": 3, "pswpout": 5, "pgmajfault": 7, "nr_free_pages": 11}

    assert samples(VmstatCollector(lambda: counters, page_bytes=4096).collect()) == {
        ("marax_swap_in_bytes_total",): 3 * 4096,
        ("marax_swap_out_bytes_total",): 5 * 4096,
        ("marax_memory_major_faults_total",): 7,
    }


def test_pressure_tells_only_what_the_kernel_accounts_for():
    found = {
        "cpu": Pressure(waiting_seconds=1.5, stalled_seconds=None),
        "irq": Pressure(waiting_seconds=None, stalled_seconds=0.5),
    }

    assert samples(PressureCollector(found.get).collect()) == {
        ("marax_pressure_waiting_seconds_total", "cpu"): 1.5,
        ("marax_pressure_stalled_seconds_total", "irq"): 0.5,
    }


def test_pressure_has_nothing_to_say_on_a_kernel_without_it():
    assert list(PressureCollector(lambda _resource: None).collect()) == []


def test_system_tells_what_the_host_is_and_since_when(clock: FakeClock):
    three_cpus = stat(cpu0=times(), cpu1=times(), cpu7=times())
    release = OsRelease(id="debian", version_id="12", pretty_name="Debian 12")

    found = samples(SystemCollector(lambda: three_cpus, lambda: release, clock).collect())

    assert found[("marax_boot_time_seconds",)] == 1_700_000_000
    assert found[("marax_time_seconds",)] == clock.unix_seconds()
    assert found[("marax_cpus_online",)] == 3
    assert found[("marax_context_switches_total",)] == 42
    assert found[("marax_forks_total",)] == 7
    assert found["marax_uname_info", *platform.uname()[:1], *os.uname()[2:5], os.uname().nodename] == 1
    assert found["marax_os_info", "debian", "12", "Debian 12"] == 1


def test_cgroup_has_nothing_to_say_on_a_plain_host(tmp_path: Path):
    assert list(CgroupCollector(tmp_path).collect()) == []


def test_cgroup_tells_the_limits_that_hold_the_exporter(tmp_path: Path):
    cgroup = tmp_path / "sys/fs/cgroup/box"
    cgroup.mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/box\n")
    (tmp_path / ".dockerenv").touch()
    (cgroup / "memory.max").write_text("1000\n")
    (cgroup / "memory.current").write_text("600\n")
    (cgroup / "memory.stat").write_text("inactive_file 200\n")
    (cgroup / "cpu.max").write_text("50000 100000\n")
    (cgroup / "cpu.stat").write_text("throttled_usec 1500000\n")

    assert samples(CgroupCollector(tmp_path).collect()) == {
        ("marax_container_info", "docker"): 1,
        ("marax_cgroup_limit_info", "memory", "/box"): 1,
        ("marax_cgroup_limit_info", "cpu", "/box"): 1,
        ("marax_cgroup_memory_limit_bytes",): 1000,
        ("marax_cgroup_memory_usage_bytes",): 600,
        ("marax_cgroup_memory_working_set_bytes",): 400,
        ("marax_cgroup_cpu_limit_cores",): 0.5,
        ("marax_cgroup_cpu_throttled_seconds_total",): 1.5,
    }


def test_exporter_tells_of_itself():
    collector = ExporterCollector(
        version="1.2.3",
        last_reload=lambda: LastReload(is_successful=False, loaded_at_seconds=1_700_000_000),
        requests=lambda: {("/metrics", "200"): 5},
        read_itself=OwnProcessReader(Path("/proc"), SystemClock()).read,
    )

    found = samples(collector.collect())

    assert found["marax_build_info", "1.2.3", platform.python_version()] == 1
    assert found[("marax_config_reload_success",)] == 0
    assert found[("marax_config_reload_timestamp_seconds",)] == 1_700_000_000
    assert found["marax_http_requests_total", "/metrics", "200"] == 5
    assert found[("process_resident_memory_bytes",)] > 1_000_000


@pytest.mark.parametrize(
    "collector",
    [
        CpuCollector(stat, FakeClock(), UsageWindow()),
        CpuPerCoreCollector(stat, FakeClock()),
        SystemCollector(stat, OsRelease, FakeClock()),
        CgroupCollector(Path("/")),
    ],
    ids=lambda collector: collector.name,
)
def test_no_collector_tells_more_than_it_offers(collector: Collector):
    told = {sample.name for metric in collector.collect() for sample in metric.samples}

    assert told <= {family.name for family in collector.families}

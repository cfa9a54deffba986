from pathlib import Path

import psutil
import pytest
from prometheus_client.metrics_core import Metric

from exporter.collectors.processes import ProcessesCollector
from exporter.host.files import HostReadError
from exporter.host.scan import ProcessScanner
from exporter.host.snapshot import Snapshot
from exporter.host.table import Pace, ProcessTable
from exporter.processes.limits import SeriesLimits
from marax.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import a_process, a_snapshot

LIMITS = SeriesLimits(at_once=127, new_per_hour=1440)


def values(metrics: list[Metric]) -> dict[str, float]:
    """Return every sample by name and the value of its only label, if any."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for metric in metrics
        for sample in metric.samples
    }


def collected(snapshot: Snapshot) -> dict[str, float]:
    clock = FakeClock()
    return values(list(ProcessesCollector(ProcessTable(lambda: snapshot, clock, Pace()), LIMITS).collect()))


def test_counts_processes_by_state_with_all_eight_states():
    letters = "RSSDITtZXxPW"

    seen = collected(a_snapshot([a_process(pid, state=letter) for pid, letter in enumerate(letters, 1)]))

    assert {name.partition(" ")[2]: count for name, count in seen.items() if "processes " in name} == {
        "running": 1,
        "sleeping": 2,
        "uninterruptible": 1,
        "idle": 1,
        "stopped": 2,
        "zombie": 1,
        "dead": 2,
        "other": 2,
    }


def test_shows_a_state_that_no_process_is_in_as_zero():
    assert collected(a_snapshot())["marax_processes zombie"] == 0


def test_says_how_much_of_the_host_it_can_see():
    seen = collected(a_snapshot([a_process(1, threads=60), a_process(2, threads=40)], refused=7, malformed=2))

    assert seen["marax_threads"] == 100
    assert seen["marax_process_visibility_ratio"] == 0.25
    assert seen["marax_processes_unreadable"] == 9
    assert seen["marax_pids_limit"] == 32768


def test_visibility_is_never_above_one():
    assert collected(a_snapshot([a_process(threads=999)]))["marax_process_visibility_ratio"] == 1


def test_says_when_the_sample_was_taken_and_how_often_it_is():
    seen = collected(a_snapshot(at=1000, cost_seconds=0.08))

    assert seen["marax_sample_timestamp_seconds"] == 1_700_001_000
    assert seen["marax_sampler_interval_seconds"] == 8


def test_says_how_many_series_there_can_be():
    seen = collected(a_snapshot())

    assert (seen["marax_process_series_limit"], seen["marax_process_new_series_limit"]) == (127, 1440)


def test_fails_when_the_host_cannot_be_read():
    def fail() -> Snapshot:
        raise HostReadError("cannot list /proc: Permission denied")

    with pytest.raises(HostReadError):
        list(ProcessesCollector(ProcessTable(fail, FakeClock(), Pace()), LIMITS).collect())


def test_returns_only_families_of_its_own():
    table = ProcessTable(lambda: a_snapshot([a_process()]), FakeClock(), Pace())
    collector = ProcessesCollector(table, LIMITS)

    names = {sample.name for metric in collector.collect() for sample in metric.samples}

    assert names == {family.name for family in collector.families}


def test_agrees_with_psutil_on_this_machine():
    scanner = ProcessScanner(Path("/proc"), SystemClock(), held_descriptors=0)
    before = set(psutil.pids())
    seen = values(
        list(ProcessesCollector(ProcessTable(scanner.scan, SystemClock(), Pace()), LIMITS).collect())
    )
    scanner.close()
    after = set(psutil.pids())
    count = sum(value for name, value in seen.items() if name.startswith("marax_processes "))

    assert 0.8 * len(before & after) <= count <= 1.2 * len(before | after)
    assert seen["marax_process_visibility_ratio"] == pytest.approx(1, abs=0.1)

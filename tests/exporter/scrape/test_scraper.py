import logging
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

from exporter.collectors.collector import VERDICTS, Collector
from exporter.collectors.cpu import CpuPerCoreCollector
from exporter.collectors.load import LOAD1
from exporter.collectors.memory import MEMORY_TOTAL, SWAP_IN, VmstatCollector
from exporter.collectors.pressure import PressureCollector
from exporter.host.files import HostReadError
from exporter.host.kernel_stat import read_kernel_stat
from exporter.host.memory import read_vmstat
from exporter.host.pressure import read_pressure
from exporter.scrape.collector_runner import CollectorRunner
from exporter.scrape.scraper import EVERYTHING, Scraper, Selection, UnknownNameError
from marax.clock import SystemClock
from tests.fakes.collectors import FakeCollector, StuckCollector


@pytest.fixture
def load() -> FakeCollector:
    return FakeCollector("load", LOAD1)


@pytest.fixture
def swap() -> FakeCollector:
    return FakeCollector("vmstat", SWAP_IN)


@pytest.fixture
def scraper(load: FakeCollector, swap: FakeCollector) -> Scraper:
    return Scraper([load, swap], CollectorRunner(SystemClock()))


def samples(metrics: list[Metric]) -> dict[tuple[str, ...], float]:
    return {(s.name, *s.labels.values()): s.value for metric in metrics for s in metric.samples}


def test_holds_what_the_collectors_say_and_a_verdict_on_each(scraper: Scraper):
    found = samples(scraper.scrape(EVERYTHING, within_seconds=5))

    assert found[("marax_load1",)] == 1
    assert found[("marax_swap_in_bytes_total",)] == 1
    for name in ("load", "vmstat"):
        assert found["marax_collector_success", name] == 1
        assert found["marax_collector_timed_out", name] == 0
        assert found["marax_collector_errors_total", name] == 0
        assert 0 <= found["marax_collector_duration_seconds", name] < 5


def test_a_collector_that_raises_costs_only_itself(scraper: Scraper, load: FakeCollector):
    load.error = RuntimeError("unforeseen")

    scraper.scrape(EVERYTHING, within_seconds=5)
    found = samples(scraper.scrape(EVERYTHING, within_seconds=5))

    assert ("marax_load1",) not in found
    assert found[("marax_swap_in_bytes_total",)] == 2
    assert found["marax_collector_success", "load"] == 0
    assert found["marax_collector_timed_out", "load"] == 0
    assert found["marax_collector_errors_total", "load"] == 2


def test_a_collector_that_is_stuck_costs_only_itself(swap: FakeCollector):
    stuck = StuckCollector("memory", MEMORY_TOTAL)
    scraper = Scraper([stuck, swap], CollectorRunner(SystemClock()))

    found = samples(scraper.scrape(EVERYTHING, within_seconds=0.2))

    stuck.release()
    assert ("marax_memory_total_bytes",) not in found
    assert found[("marax_swap_in_bytes_total",)] == 1
    assert found["marax_collector_success", "memory"] == 0
    assert found["marax_collector_timed_out", "memory"] == 1
    assert found["marax_collector_errors_total", "memory"] == 1


def test_a_broken_file_costs_only_the_collectors_that_need_it(tmp_path: Path):
    (tmp_path / "stat").write_bytes(b"\x7fELF\0cpu 1 2")
    (tmp_path / "vmstat").write_text("pswpin 1\n")
    collectors: list[Collector] = [
        CpuPerCoreCollector(partial(read_kernel_stat, tmp_path), SystemClock()),
        VmstatCollector(partial(read_vmstat, tmp_path), page_bytes=1),
    ]

    found = samples(Scraper(collectors, CollectorRunner(SystemClock())).scrape(EVERYTHING, within_seconds=5))

    assert found["marax_collector_success", "cpu_per_core"] == 0
    assert found["marax_collector_success", "vmstat"] == 1
    assert found[("marax_swap_in_bytes_total",)] == 1


def test_what_a_collector_returned_before_it_raised_is_told(tmp_path: Path):
    (tmp_path / "pressure/io").mkdir(parents=True)
    (tmp_path / "pressure/cpu").write_text("some avg10=0.00 avg60=0.00 avg300=0.00 total=17\n")
    collector = PressureCollector(partial(read_pressure, tmp_path))

    found = samples(Scraper([collector], CollectorRunner(SystemClock())).scrape(EVERYTHING, within_seconds=5))

    assert found["marax_pressure_waiting_seconds_total", "cpu"] == 17e-6
    assert found["marax_collector_success", "pressure"] == 0
    assert found["marax_collector_errors_total", "pressure"] == 1


def test_logs_a_trouble_once_and_its_end(
    scraper: Scraper, load: FakeCollector, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    load.error = HostReadError("cannot read /proc/loadavg: No such file or directory")
    scraper.scrape(EVERYTHING, within_seconds=5)
    scraper.scrape(EVERYTHING, within_seconds=5)
    load.error = None
    scraper.scrape(EVERYTHING, within_seconds=5)
    scraper.scrape(EVERYTHING, within_seconds=5)

    failing, working = caplog.records

    assert failing.getMessage() == "collector failed"
    assert vars(failing)["collector"] == "load"
    assert "cannot read /proc/loadavg" in vars(failing)["error"]
    assert not failing.exc_info, "an ordinary failure needs no traceback"
    assert working.getMessage() == "collector recovered"


def test_logs_a_surprise_with_its_traceback(
    scraper: Scraper, load: FakeCollector, caplog: pytest.LogCaptureFixture
):
    load.error = ZeroDivisionError("division by zero")

    scraper.scrape(EVERYTHING, within_seconds=5)

    assert caplog.records[0].exc_info
    assert caplog.records[0].exc_info[1] is load.error


@pytest.mark.parametrize(
    ("selection", "ran"),
    [
        (Selection(collect=frozenset({"load"})), {"load"}),
        (Selection(exclude=frozenset({"load"})), {"vmstat"}),
        (Selection(collect=frozenset({"load", "vmstat"}), exclude=frozenset({"load"})), {"vmstat"}),
        (Selection(names=frozenset({"marax_load1"})), {"load"}),
        (Selection(names=frozenset({"marax_collector_success"})), {"load", "vmstat"}),
        (Selection(exclude=frozenset({"load", "vmstat"})), set()),
    ],
    ids=["collect", "exclude", "both", "name", "verdicts", "nothing"],
)
def test_runs_only_the_collectors_that_are_asked_for(
    scraper: Scraper, load: FakeCollector, swap: FakeCollector, selection: Selection, ran: set[str]
):
    scraper.scrape(selection, within_seconds=5)

    assert {c.name for c in (load, swap) if c.runs} == ran


def test_holds_only_the_metrics_that_are_named(scraper: Scraper):
    names = frozenset({"marax_swap_in_bytes_total", "marax_collector_success"})

    metrics = scraper.scrape(Selection(names=names), within_seconds=5)

    assert {key[0] for key in samples(metrics)} == names


@pytest.mark.parametrize(
    ("selection", "complaint"),
    [
        (
            Selection(collect=frozenset({"diskstats"})),
            "No collector 'diskstats' is enabled; enabled are load, vmstat.",
        ),
        (Selection(exclude=frozenset({""})), "No collector '' is enabled"),
        (Selection(names=frozenset({"marax_load2"})), "No metric 'marax_load2' is available"),
        (Selection(names=frozenset({"x" * 5000})), "No metric 'x{100}' is available"),
    ],
    ids=["collect", "exclude", "name", "long name"],
)
def test_refuses_what_it_does_not_know_by_name(scraper: Scraper, selection: Selection, complaint: str):
    with pytest.raises(UnknownNameError, match=complaint):
        scraper.scrape(selection, within_seconds=5)


def test_runs_other_collectors_once_they_are_exchanged(
    scraper: Scraper, load: FakeCollector, swap: FakeCollector
):
    scraper.use([swap])

    found = samples(scraper.scrape(EVERYTHING, within_seconds=5))

    assert load.runs == 0
    assert ("marax_load1",) not in found


def test_offers_a_verdict_in_four_families():
    assert {family.name for family in VERDICTS} == {
        "marax_collector_duration_seconds",
        "marax_collector_success",
        "marax_collector_timed_out",
        "marax_collector_errors_total",
    }

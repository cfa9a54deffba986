"""The real parts, put together and asked on this machine."""

import msgspec
import psutil
import pytest
from prometheus_client.metrics_core import Metric

from exporter.collectors.registry import COLLECTORS, FAMILIES
from exporter.collectors.settings import CollectorSwitches
from exporter.config import ExporterSettings
from exporter.scrape.scraper import EVERYTHING, Selection, UnknownNameError
from exporter.wiring.exporter import Exporter
from marax.clock import SystemClock

NAMES = tuple(collector.name for collector in COLLECTORS)


def settings_with(**switches: bool) -> ExporterSettings:
    return ExporterSettings(collectors=msgspec.convert(switches, CollectorSwitches))


@pytest.fixture
def exporter():
    settings = settings_with(cpu_per_core=True)
    exporter = Exporter(settings, read=lambda: settings, clock=SystemClock())
    exporter.use(settings)
    yield exporter
    exporter.use(settings_with(processes=False, groups=False, top=False))


def samples(metrics: list[Metric]) -> dict[tuple[str, ...], float]:
    return {(s.name, *s.labels.values()): s.value for metric in metrics for s in metric.samples}


def test_every_collector_succeeds_on_this_machine(exporter: Exporter):
    found = samples(exporter.scraper.scrape(EVERYTHING, within_seconds=4.5))

    assert {key[1] for key in found if key[0] == "marax_collector_success"} == set(NAMES)
    assert [name for name in NAMES if not found["marax_collector_success", name]] == []


def test_every_family_of_the_table_is_offered(exporter: Exporter):
    for family in FAMILIES:
        exporter.scraper.scrape(only(family.name), within_seconds=4.5)  # raises UnknownNameError if not


def test_agrees_with_psutil_about_the_totals(exporter: Exporter):
    memory_before, before = psutil.virtual_memory(), psutil.cpu_times()

    found = samples(exporter.scraper.scrape(EVERYTHING, within_seconds=4.5))

    memory, swap, after = psutil.virtual_memory(), psutil.swap_memory(), psutil.cpu_times()
    assert found[("marax_memory_total_bytes",)] == memory.total
    least, most = sorted((memory_before.available, memory.available))
    assert 0.9 * least <= found[("marax_memory_available_bytes",)] <= 1.1 * most
    assert found[("marax_swap_total_bytes",)] == swap.total
    assert before.user - 0.1 <= found["marax_cpu_seconds_total", "user"] <= after.user + 0.1
    assert before.idle - 0.1 <= found["marax_cpu_seconds_total", "idle"] <= after.idle + 0.1
    assert found[("marax_boot_time_seconds",)] == psutil.boot_time()
    assert found[("marax_cpus_online",)] == psutil.cpu_count()


@pytest.mark.parametrize("name", NAMES)
def test_every_collector_can_be_switched_off(exporter: Exporter, name: str):
    exporter.use(settings_with(**{"cpu_per_core": True, name: False}))

    with pytest.raises(UnknownNameError, match=f"No collector '{name}' is enabled"):
        exporter.scraper.scrape(Selection(collect=frozenset({name})), within_seconds=4.5)


def only(name: str) -> Selection:
    return Selection(names=frozenset({name}))

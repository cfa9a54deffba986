from exporter.collectors.groups import GroupsCollector
from exporter.host.table import Pace, ProcessTable
from exporter.processes.groups import GroupLedger, program_names
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import a_process, a_snapshot


def samples(collector: GroupsCollector) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels["group"]): sample.value
        for metric in collector.collect()
        for sample in metric.samples
    }


def test_shows_the_accounts_of_every_group():
    clock = FakeClock()
    ledger = GroupLedger(limit=30, new_per_hour=240, naming=program_names)
    looks = iter(
        [
            a_snapshot([a_process(1, name="db", own_ticks=0, rss_bytes=100)], at=1000, busy=0),
            a_snapshot([a_process(1, name="db", own_ticks=150, rss_bytes=200)], at=1011, busy=2),
        ]
    )
    collector = GroupsCollector(
        ProcessTable(lambda: next(looks), clock, Pace(), followers=[ledger.follow]), ledger
    )

    first = samples(collector)
    clock.advance(11)
    second = samples(collector)

    assert first["marax_group_cpu_seconds_total", "db"] == 0
    assert second == {
        ("marax_group_cpu_seconds_total", "db"): 1.5,
        ("marax_group_cpu_seconds_total", "(kernel)"): 0,
        ("marax_group_cpu_seconds_total", "(other)"): 0,
        ("marax_group_cpu_seconds_total", "(unattributed)"): 0.5,
        ("marax_group_memory_rss_bytes", "db"): 200,
        ("marax_group_memory_rss_bytes", "(kernel)"): 0,
        ("marax_group_memory_rss_bytes", "(other)"): 0,
        ("marax_group_processes", "db"): 1,
        ("marax_group_processes", "(kernel)"): 0,
        ("marax_group_processes", "(other)"): 0,
    }

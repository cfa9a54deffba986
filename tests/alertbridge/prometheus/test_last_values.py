import pytest

from alertbridge.mail.host_facts import LastValues
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.last_values import has_rebooted, last_values, top_processes


def a_series(metric: str, /, *samples: tuple[float, float], **labels: str) -> Series:
    return Series(labels={"__name__": metric, **labels}, samples=tuple(Sample(*sample) for sample in samples))


def test_values_are_the_newest_of_the_last_minute_up_to_the_moment():
    series = [
        a_series("marax_load1", (900, 9), (950, 2), (1000, 3), (1010, 4)),
        a_series("marax_cpus_online", (930, 8)),
        a_series("marax_cpu_usage_ratio", (990, 0.5), (1000, float("nan"))),
    ]

    assert last_values(series, 1000) == LastValues(load1=3, cpu_ratio=0.5)


def test_a_host_that_said_nothing_in_that_minute_has_no_values():
    assert last_values([a_series("marax_load1", (900, 9))], 1000) is None


def test_processes_come_with_most_cpu_first_and_gone_ones_not_at_all():
    cpu, memory = "marax_top_process_cpu_usage_ratio", "marax_top_process_memory_rss_bytes"
    series = [
        a_series(cpu, (1000, 0.1), pid="1", name="small"),
        a_series(cpu, (1000, 0.9), pid="2", name="large"),
        a_series(memory, (1000, 5e6), pid="2", name="large"),
        a_series(cpu, (900, 0.9), pid="3", name="gone"),
        a_series(memory, (1000, 7e6), pid="4", name="idle"),
    ]

    found = [(fact.name, fact.cpu_ratio, fact.memory_rss_bytes) for fact in top_processes(series, 1000)]

    assert found == [("large", 0.9, 5e6), ("small", 0.1, None), ("idle", None, 7e6)]


def test_no_more_processes_than_an_exporter_tells_of():
    flood = [a_series("marax_top_process_cpu_usage_ratio", (1000, i), pid=str(i)) for i in range(50)]

    assert [fact.pid for fact in top_processes(flood, 1000)] == [str(i) for i in range(49, 39, -1)]


@pytest.mark.parametrize(
    ("booted", "its_time", "since", "expected"),
    [
        (500, 1000, 400, True),
        (300, 1000, 400, False),
        (7700, 8200, 400, True),
        (7500, 8200, 400, False),
        (500, None, 400, True),
        (None, 1000, 400, None),
        (500, 1000, None, None),
        (500, 1000, 1000, None),
    ],
    ids=[
        "rebooted",
        "not",
        "rebooted, its clock ahead",
        "not, its clock ahead",
        "tells no time",
        "tells no boot",
        "never away",
        "not heard since",
    ],
)
def test_knows_a_reboot_whatever_the_clock_of_the_host(booted, its_time, since, expected):
    exposed = {"marax_boot_time_seconds": booted, "marax_time_seconds": its_time}
    series = [a_series(name, (1000, value)) for name, value in exposed.items() if value is not None]

    assert has_rebooted(series, 1000, since) is expected

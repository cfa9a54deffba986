import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.mail.host_facts import LastValues
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.outage import (
    Outage,
    Span,
    has_rebooted,
    last_values,
    outage,
    top_processes,
    windows,
)


def ups(values: str) -> list[Sample]:
    """Return samples 10 s apart from 0 on: `1` answered, `0` not, a space none."""
    return [Sample(10.0 * i, float(value)) for i, value in enumerate(values) if value != " "]


def a_series(metric: str, /, *samples: tuple[float, float], **labels: str) -> Series:
    return Series(labels={"__name__": metric, **labels}, samples=tuple(Sample(*sample) for sample in samples))


@pytest.mark.parametrize(
    ("values", "fired", "expected"),
    [
        ("110000", 40, Outage(since=10, last_answered=10)),
        ("110000", 1000, Outage(since=10, last_answered=10)),
        ("11000011", 40, Outage(since=10, back=60, last_answered=70)),
        ("1100010011", 40, Outage(since=10, back=80, last_answered=90)),
        ("11000100", 40, Outage(since=50, last_answered=50)),
        ("11    00", 70, Outage(since=10, last_answered=10)),
        ("111111", 30, Outage(last_answered=50)),
        ("111100", 20, Outage(last_answered=30)),
        ("000000", 40, Outage()),
        ("000011", 20, Outage(back=40, last_answered=50)),
        ("  0011", 10, Outage(last_answered=50)),
        ("", 10, Outage()),
    ],
    ids=[
        "dead",
        "dead, reported late",
        "back",
        "back after a flap",
        "dead after a flap",
        "dead after a gap",
        "never away",
        "died only later",
        "never heard",
        "dead before the samples",
        "no samples so early",
        "no samples",
    ],
)
def test_finds_the_outage_that_the_alert_was_about(values, fired, expected):
    assert outage(reversed(ups(values)), fired_unix_seconds=fired, until_unix_seconds=2000) == expected


def test_what_comes_after_the_end_does_not_count():
    assert outage(ups("110000110"), fired_unix_seconds=40, until_unix_seconds=75) == Outage(
        since=10, back=60, last_answered=70
    )


@given(st.text("01 ", max_size=30), st.integers(0, 300), st.integers(0, 300))
def test_since_comes_before_back_and_both_are_answered_scrapes(values, fired, later):
    found = outage(ups(values), fired_unix_seconds=fired, until_unix_seconds=fired + later)

    answered = {s.unix_seconds for s in ups(values) if s.value == 1 and s.unix_seconds <= fired + later}
    assert {found.since, found.back, found.last_answered} <= {None, *answered}
    if found.since is not None and found.back is not None:
        assert found.since <= fired < found.back


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 5000), st.integers(0, 900)), max_size=200))
def test_windows_cover_every_span_and_stay_bounded(raw):
    spans = [Span(instance=f"web-{i}", start=end - length, end=end) for i, end, length in raw]

    found = windows(spans)

    assert sum(len(window.instances) for window in found) == len(spans)
    assert all(len(window.instances) <= 40 for window in found)
    assert all(window.end - window.start <= 900 + 600 for window in found)
    for span in spans:
        assert any(
            span.instance in window.instances and window.start <= span.start and span.end <= window.end
            for window in found
        )


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

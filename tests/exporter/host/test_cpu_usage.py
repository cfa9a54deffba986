import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.cpu_usage import UsageWindow, busy_ratio
from exporter.host.kernel_stat import MODES, CpuTimes, read_kernel_stat


def times(*, busy: float, idle: float) -> CpuTimes:
    return CpuTimes(tuple({"user": busy, "idle": idle}.get(mode, 0.0) for mode in MODES))


def half_busy_at(seconds: float) -> CpuTimes:
    return times(busy=seconds / 2, idle=seconds / 2)


def test_knows_nothing_from_one_reading():
    assert UsageWindow().usage_ratio(100.0, half_busy_at(100)) is None


def test_knows_nothing_from_two_readings_in_quick_succession():
    window = UsageWindow()
    window.usage_ratio(100.0, half_busy_at(100))

    assert window.usage_ratio(100.5, times(busy=50.5, idle=50.0)) is None


def test_compares_two_readings_a_second_apart():
    window = UsageWindow()
    window.usage_ratio(100.0, times(busy=50, idle=50))

    assert window.usage_ratio(101.0, times(busy=50.25, idle=50.75)) == 0.25


def test_tells_a_second_scraper_right_after_the_first_the_same():
    window = UsageWindow()
    for now in range(100, 220, 15):
        window.usage_ratio(now, half_busy_at(now))

    first = window.usage_ratio(220.0, half_busy_at(220))
    second = window.usage_ratio(220.1, times(busy=110.1, idle=110.0))

    assert first == 0.5
    assert second == pytest.approx(0.5, abs=0.01)


def test_looks_back_over_fifteen_seconds_however_often_it_is_asked():
    window = UsageWindow()
    for tenths in range(1000, 2000):  # idle for 100 s, asked ten times a second
        window.usage_ratio(tenths / 10, times(busy=0, idle=tenths / 10))

    ratio = window.usage_ratio(215.0, times(busy=15, idle=200))

    assert ratio == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("length_seconds", "ratio"), [(15, 1.0), (30, 0.5), (300, 0.05)])
def test_looks_back_over_as_long_as_it_is_told_to(length_seconds: float, ratio: float):
    window = UsageWindow(300)
    for now in range(100, 400, 5):
        window.usage_ratio(now, times(busy=0, idle=now))

    window.length_seconds = length_seconds

    assert window.usage_ratio(400, times(busy=15, idle=385)) == pytest.approx(ratio)


def test_forgets_what_was_hours_ago():
    window = UsageWindow()
    window.usage_ratio(100.0, half_busy_at(100))

    assert window.usage_ratio(7300.0, half_busy_at(7300)) is None


def test_knows_nothing_when_the_counters_started_anew():
    assert busy_ratio(half_busy_at(100), half_busy_at(1)) is None


@given(st.lists(st.lists(st.floats(0, 1e9), min_size=8, max_size=8), min_size=2, max_size=2))
def test_is_never_outside_of_nought_and_one(readings: list[list[float]]):
    earlier, later = (CpuTimes(tuple(reading)) for reading in readings)

    ratio = busy_ratio(earlier, later)

    assert ratio is None or 0 <= ratio <= 1


def test_sees_this_machine_at_work():
    window, procfs = UsageWindow(), Path("/proc")
    began = time.monotonic()
    window.usage_ratio(began, read_kernel_stat(procfs).cpu)
    while time.monotonic() - began < 1.0:
        sum(range(1000))

    ratio = window.usage_ratio(time.monotonic(), read_kernel_stat(procfs).cpu)

    assert ratio is not None
    assert 0.2 / read_cpus() < ratio <= 1


def read_cpus() -> int:
    return len(read_kernel_stat(Path("/proc")).cores)

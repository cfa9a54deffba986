import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.kernel_stat import MODES, CpuTimes
from exporter.host.steady_cpu import SteadyCpu


def times(**seconds: float) -> CpuTimes:
    return CpuTimes(tuple(seconds.get(mode, 0.0) for mode in MODES))


class Counters:
    """A host of two CPUs that is read every 10 s."""

    def __init__(self) -> None:
        self._steady = SteadyCpu()
        self._now_seconds = 1000.0

    def after(self, **seconds: float) -> dict[str, float]:
        self._now_seconds += 10
        found = self._steady.follow(times(**seconds), at_seconds=self._now_seconds, cpus=2).by_mode()
        return {mode: value for mode, value in found.items() if value}


def test_are_the_kernels_as_long_as_it_is_right():
    counters = Counters()
    readings = [{"user": 10.07 * n, "idle": 9.93 * n} for n in range(1, 50)]

    found = [counters.after(**reading) for reading in readings]

    assert found == readings


def test_wait_until_the_kernel_has_caught_up_with_a_small_fall():
    counters = Counters()
    counters.after(user=10, idle=100.0, iowait=5.0)

    fallen = counters.after(user=11, idle=99.9, iowait=4.0)
    caught_up = counters.after(user=12, idle=109.0, iowait=6.0)

    assert fallen == {"user": 11, "idle": 100.0, "iowait": 5.0}
    assert caught_up == {"user": 12, "idle": 109.0, "iowait": 6.0}


@pytest.mark.parametrize("mode", ["idle", "iowait"])
@pytest.mark.parametrize("moved", [-400.0, 1.08e8], ids=["falls", "jumps"])
def test_go_on_with_what_the_other_modes_left_when_one_cannot_be(mode: str, moved: float):
    counters = Counters()
    counters.after(**{"user": 10, "steal": 1, mode: 1000})

    moving = counters.after(**{"user": 12, "steal": 1, mode: 1000 + moved})
    going_on = counters.after(**{"user": 14, "steal": 1, mode: 1018 + moved})

    assert moving == {"user": 12, "steal": 1, mode: 1018}
    assert going_on == {"user": 14, "steal": 1, mode: pytest.approx(1036)}


def test_are_right_again_after_one_bogus_reading():
    counters = Counters()
    counters.after(user=10, iowait=1000)

    bogus = counters.after(user=12, iowait=1.08e8)
    right = counters.after(user=14, iowait=1036)

    assert bogus == {"user": 12, "iowait": 1018}
    assert right == {"user": 14, "iowait": pytest.approx(1036)}


def test_start_anew_together_when_the_cpu_was_taken_out_and_put_back():
    counters = Counters()
    counters.after(user=10, idle=100.0)

    assert counters.after(user=0.5, idle=2.0) == {"user": 0.5, "idle": 2.0}


@given(st.lists(st.lists(st.floats(0, 1e9), min_size=8, max_size=8), min_size=2, max_size=8))
def test_only_rise_or_start_anew_together(readings: list[list[float]]):
    steady, last = SteadyCpu(), None

    for number, reading in enumerate(readings):
        found = steady.follow(CpuTimes(tuple(reading)), at_seconds=15.0 * number, cpus=4)

        risen = last is None or all(
            now >= then for now, then in zip(found.seconds, last.seconds, strict=True)
        )
        assert risen or found.seconds == tuple(reading)
        last = found

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host.snapshot import Snapshot, window_of, with_newest
from tests.fakes.snapshots import a_process, a_snapshot


def taken_at(*moments: float) -> list[Snapshot]:
    return [a_snapshot(at=moment) for moment in moments]


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], None),
        ([100], None),
        ([100, 100.2], None),
        ([100, 101], 1),
        ([0, 300], 300),
        ([80, 85, 90, 95, 100], 15),
        ([80, 84, 91, 100], 16),
        ([80, 86, 100], 14),
        ([99.9, 100], None),
    ],
)
def test_window_is_the_one_nearest_to_the_wanted_length(moments: list[float], expected: float | None):
    window = window_of(taken_at(*moments), seconds=15)

    assert (window and window.seconds) == expected


def test_knows_how_long_a_process_has_been_running():
    snapshot = a_snapshot(at=500)

    assert snapshot.age_seconds(a_process(start_ticks=45_000)) == 50.0


@given(st.lists(st.floats(0.001, 30), min_size=1, max_size=200))
def test_keeps_a_bounded_number_of_snapshots_and_always_a_whole_window(pauses: list[float]):
    kept: tuple[Snapshot, ...] = ()
    now = 0.0
    for pause in pauses:
        now += pause
        kept = with_newest(kept, a_snapshot(at=now), window_seconds=15)

    moments = [snapshot.monotonic_seconds for snapshot in kept]
    assert moments == sorted(moments)
    assert moments[-1] == now
    assert len(kept) <= 40
    first = pauses[0]
    assert now - moments[0] >= min(15, now - first)

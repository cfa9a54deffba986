import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Spread, Verdict, fraction, judged, percentile, ratios, short, slope

SAMPLES = st.lists(st.floats(0.001, 1000), min_size=1)


def test_compares_pair_by_pair_not_on_average():
    quiet_then_disturbed = [10.0, 100.0, 10.0], [20.0, 200.0, 20.0]

    assert ratios(*quiet_then_disturbed) == Spread(0.5, 0.5, 0.5)


def test_refuses_samples_that_are_not_pairs():
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_tells_the_median_and_how_far_the_samples_lie_apart():
    assert Spread.of([0.003, 0.001, 0.002, 0.0125]).told(" ms", factor=1000) == "2.50 ms (1.00 .. 12.5)"


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(100, 0.99, 99), (100, 1.0, 100), (1, 0.99, 1), (500, 0.99, 495), (3, 0, 1)],
)
def test_takes_the_nearest_rank(count: int, share: float, expected: int):
    samples = [float(number) for number in range(count, 0, -1)]

    assert percentile(samples, share) == expected


@given(SAMPLES, st.floats(0, 1))
def test_a_percentile_is_a_sample_that_so_many_do_not_exceed(samples: list[float], share: float):
    found = percentile(samples, share)

    assert found in samples
    assert sum(sample <= found for sample in samples) >= share * len(samples)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_finds_the_slope_of_a_line(steepness: float, height: float):
    points = [(float(x), steepness * x + height) for x in range(5)]

    assert slope(points) == pytest.approx(steepness, abs=1e-9)


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.05, "1/20.0"), (0.25, "1/4.00"), (1.0, "1.00x"), (12.0, "12.0x")]
)
def test_says_a_small_ratio_as_a_fraction(ratio: float, expected: str):
    assert fraction(ratio) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.126, "0.13"), (9.994, "9.99"), (10.04, "10.0"), (-3.0, "-3.00")]
)
def test_writes_no_more_figures_than_mean_something(value: float, expected: str):
    assert short(value) == expected


def test_judges_what_has_a_mark():
    assert [judged(is_met=True), judged(is_met=False)] == [Verdict.MET, Verdict.MISSED]

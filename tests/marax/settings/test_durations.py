import pytest
from hypothesis import given
from hypothesis import strategies as st

from marax.settings.durations import Seconds, spoken


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15.0),
        ("500ms", 0.5),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("1d", 86400.0),
        ("1w2d", 777600.0),
        ("1y", 31536000.0),
        ("0s", 0.0),
    ],
)
def test_reads_durations_as_prometheus_writes_them(text, seconds):
    assert Seconds.from_setting(text) == seconds


@pytest.mark.parametrize(
    "value",
    ["", "15", "s", "1m1h", "1h1h", "-1s", "1.5s", " 1s", "1s\n", "1 s", "9" * 10 + "s", "\u0661s", 15, None],
)
def test_refuses_anything_else(value):
    with pytest.raises(ValueError, match="a duration such as"):
        Seconds.from_setting(value)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3600 + 5 * 60 + 9, "1 h 5 min"),
        (3 * 86400 + 7200 + 300, "3 d 2 h"),
        (86400 + 59, "1 d"),
        (-5, "0 s"),
    ],
)
def test_says_a_duration_as_people_do(seconds, words):
    assert spoken(seconds) == words


@given(st.floats(min_value=0, max_value=1e12))
def test_says_any_duration_in_two_units_at_most(seconds):
    assert len(spoken(seconds).split()) in {2, 4}

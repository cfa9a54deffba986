from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.rendering.letters.numbers import (
    length,
    load,
    moment,
    moment_in_table,
    per_cpu,
    percent,
    size,
    span,
)

BERLIN = ZoneInfo("Europe/Berlin")
NONSENSE = [None, -1.0, float("nan"), float("inf"), float("-inf"), 1e300]


@pytest.mark.parametrize(
    ("utc", "zone", "shown"),
    [
        ("2026-11-22T13:02:15", BERLIN, "Sun 22 Nov 2026, 14:02:15 CET (13:02:15 UTC)"),
        ("2026-07-01T13:02:15", BERLIN, "Wed 01 Jul 2026, 15:02:15 CEST (13:02:15 UTC)"),
        ("2026-10-25T00:30:00", BERLIN, "Sun 25 Oct 2026, 02:30:00 CEST (00:30:00 UTC)"),
        ("2026-10-25T01:30:00", BERLIN, "Sun 25 Oct 2026, 02:30:00 CET (01:30:00 UTC)"),
        ("2026-03-29T00:59:59", BERLIN, "Sun 29 Mar 2026, 01:59:59 CET (00:59:59 UTC)"),
        ("2026-03-29T01:00:00", BERLIN, "Sun 29 Mar 2026, 03:00:00 CEST (01:00:00 UTC)"),
        ("2026-12-31T23:30:00", BERLIN, "Fri 01 Jan 2027, 00:30:00 CET (Thu 31 Dec, 23:30:00 UTC)"),
        (
            "2026-01-01T03:00:00",
            ZoneInfo("America/St_Johns"),
            "Wed 31 Dec 2025, 23:30:00 NST (Thu 01 Jan, 03:00:00 UTC)",
        ),
        ("2026-01-01T12:00:00", ZoneInfo("Asia/Kathmandu"), "Thu 01 Jan 2026, 17:45:00 +0545 (12:00:00 UTC)"),
        ("2026-01-01T12:00:00", UTC, "Thu 01 Jan 2026, 12:00:00 UTC"),
        ("2026-01-01T12:00:00", ZoneInfo("UTC"), "Thu 01 Jan 2026, 12:00:00 UTC"),
    ],
)
def test_tells_a_moment_in_the_readers_time_and_in_utc(utc, zone, shown):
    assert moment(_unix(utc), zone) == shown


@pytest.mark.parametrize(
    ("utc", "shown"),
    [
        ("2026-11-22T13:02:15", "14:02:15"),
        ("2026-11-21T23:00:00", "00:00:00"),
        ("2026-11-21T22:59:59", "21 Nov 23:59"),
    ],
)
def test_leaves_out_of_a_table_the_day_that_is_the_readers_today(utc, shown):
    assert moment_in_table(_unix(utc), BERLIN, _unix("2026-11-22T14:00:00")) == shown


@pytest.mark.parametrize(
    ("utc", "now", "shown"),
    [
        ("2026-10-25T00:45:00", "2026-10-25T06:00:00", "02:45:00 CEST"),
        ("2026-10-25T01:30:00", "2026-10-25T06:00:00", "02:30:00 CET"),
        ("2026-10-24T20:00:00", "2026-10-25T06:00:00", "24 Oct 22:00 CEST"),
        ("2026-10-24T20:00:00", "2026-10-24T21:00:00", "22:00:00"),
        ("2026-10-26T20:00:00", "2026-10-26T21:00:00", "21:00:00"),
        ("2026-07-01T20:00:00", "2026-11-22T14:00:00", "01 Jul 22:00 CEST"),
    ],
)
def test_tells_the_zone_in_a_table_where_the_clocks_were_changed(utc, now, shown):
    assert moment_in_table(_unix(utc), BERLIN, _unix(now)) == shown


@given(
    seconds=st.none() | st.floats(),
    now=st.floats(),
    offset=st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23)),
)
def test_has_words_for_every_number_taken_as_a_moment(seconds, now, offset):
    zone = timezone(offset)

    assert moment(seconds, zone)
    assert moment_in_table(seconds, zone, now)
    assert len(span(seconds, now)) < 40
    assert len(length(seconds)) < 40


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_says_that_a_number_without_sense_is_not_known(nonsense):
    shown = [
        moment_in_table(nonsense, UTC, 0.0),
        length(nonsense),
        percent(nonsense),
        size(nonsense),
        load(nonsense),
    ]

    assert [text for text in shown if text != "not known"] == []
    assert moment(nonsense, UTC) == "an unknown date"
    assert [span(nonsense, 0.0), span(0.0, nonsense)] == ["an unknown time"] * 2
    assert per_cpu(nonsense, 4.0) is None
    assert per_cpu(1.0, nonsense) is None


@pytest.mark.parametrize(
    ("number_of_bytes", "shown"),
    [
        (0.0, "0.0 KiB"),
        (1023.0, "1.0 KiB"),
        (36.9 * 1024**2, "36.9 MiB"),
        (154 * 1024**2, "154 MiB"),
        (15.6 * 1024**3, "15.6 GiB"),
        (2.5 * 1024**4, "2.5 TiB"),
        (1e18, "888 PiB"),
    ],
)
def test_writes_bytes_in_the_unit_that_fits(number_of_bytes, shown):
    assert size(number_of_bytes) == shown


def test_writes_ratios_loads_and_lengths_of_time():
    assert percent(0.974) == "97 %"
    assert percent(0.0) == "0 %"
    assert load(9.4) == "9.40"
    assert per_cpu(9.4, 4.0) == 2.35
    assert per_cpu(9.4, 0.0) is None
    assert length(0.0123) == "12 ms"
    assert length(86_400.0 * 11.3) == "11 d 7 h"
    assert span(100.0, 940.0) == "14 min"
    assert span(940.0, 100.0) == "0 s"


def _unix(utc: str) -> float:
    return datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()

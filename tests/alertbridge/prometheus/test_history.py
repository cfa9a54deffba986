import math

import pytest

from alertbridge.mail.host_facts import History, LastDay, Usage
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.history import HISTORY_NAMES, history, last_day

CPU, MEMORY, UP = HISTORY_NAMES
END = 10_000.0


def a_series(name: str, *samples: tuple[float, float]) -> Series:
    return Series(labels={"__name__": name}, samples=tuple(Sample(*sample) for sample in samples))


def test_brings_together_what_came_with_the_same_scrape():
    series = [
        a_series(MEMORY, (9015, 0.5), (9030, 0.6)),
        a_series(CPU, (9000, 0.1), (9015, 0.2)),
        a_series(UP, (8985, 0), (9000, 1), (9015, 1), (9030, 1)),
    ]

    assert history(series, END) == History(
        start_unix_seconds=6400.0,
        end_unix_seconds=END,
        first_scrape_unix_seconds=8985,
        usages=(
            Usage(unix_seconds=9000, cpu_ratio=0.1, memory_ratio=None),
            Usage(unix_seconds=9015, cpu_ratio=0.2, memory_ratio=0.5),
            Usage(unix_seconds=9030, cpu_ratio=None, memory_ratio=0.6),
        ),
    )


def test_takes_no_other_hour_no_other_metric_and_no_number_without_sense():
    series = [
        a_series(CPU, (6399, 0.1), (6400, 0.2), (10_000, 0.3), (10_001, 0.4), (9000, math.nan)),
        a_series("marax_load1", (9000, 7.0)),
    ]

    found = history(series, END)

    assert found is not None
    assert [(usage.unix_seconds, usage.cpu_ratio) for usage in found.usages] == [(6400, 0.2), (10_000, 0.3)]


def test_a_host_that_said_nothing_has_no_history():
    assert (
        history(
            [a_series(CPU, (1.0, 0.5)), a_series(UP, (9000, 0)), a_series("marax_load1", (9000, 7.0))], END
        )
        is None
    )


def test_keeps_no_more_than_a_usage_a_second():
    flood = a_series(CPU, *((9000 + number / 10, 0.5) for number in range(10_000)))

    found = history([flood], END)

    assert found is not None
    assert len(found.usages) == 3600
    assert found.usages[-1].unix_seconds == 9999.9


@pytest.mark.parametrize(
    ("times_gone", "answered", "expected"),
    [
        ([2.0], [0.75], LastDay(times_gone=2, answered_ratio=0.75)),
        ([2.0, 1.0], [0.5, 1.0], LastDay(times_gone=3, answered_ratio=0.75)),
        ([], [0.75], None),
        ([2.0], [], None),
        ([math.nan], [0.75], None),
        ([2.0], [math.inf], None),
    ],
    ids=["one series", "its labels changed", "no count", "no ratio", "nonsense count", "nonsense ratio"],
)
def test_tells_of_a_day_only_what_prometheus_answered_in_full(times_gone, answered, expected):
    found = [[a_series("", (END, value)) for value in values] for values in (times_gone, answered)]

    assert last_day(*found) == expected

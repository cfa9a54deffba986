import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.top.lines import cut, filled, host_lines, printable, size, table_lines
from exporter.top.view import Row, View

GIB = 1024**3


def a_row(**changes: Any) -> Row:
    fields: dict[str, Any] = {
        "pid": 4711,
        "user": "postgres",
        "cpu_usage_ratio": 0.256,
        "memory_rss_bytes": 3 * GIB,
        "name": "postgres",
        "unit": "postgresql.service",
    }
    return Row(**fields | changes)


def a_view(*rows: Row, **changes: Any) -> View:
    fields: dict[str, Any] = {
        "hostname": "db-1",
        "time_seconds": 1_790_000_000.0,
        "cpus_online": 8,
        "cpu_usage_ratio": 0.432,
        "memory_total_bytes": 16 * GIB,
        "memory_available_bytes": 12 * GIB,
        "load1": 1.5,
        "load5": 0.25,
        "load15": 10,
        "process_count": 210,
        "sample_window_seconds": 15.04,
        "sorted_by": "cpu",
        "processes": rows,
    }
    return View(**fields | changes)


def test_tells_the_host_in_two_lines():
    assert host_lines(a_view()) == [
        "db-1: 210 processes by CPU, CPU over 15.0 s",
        "CPU 43.2% of 8 CPUs   RAM 4.0 GiB of 16 GiB   load 1.50 0.25 10.00",
    ]


def test_does_not_make_up_what_it_does_not_know():
    view = a_view(a_row(cpu_usage_ratio=None), cpu_usage_ratio=None, sample_window_seconds=None)
    blind = a_view(memory_available_bytes=None, load1=None)

    assert host_lines(view)[0] == "db-1: 210 processes by CPU"
    assert host_lines(view)[1].startswith("CPU - of 8 CPUs")
    assert host_lines(blind)[1].endswith("RAM -   load - 0.25 10.00")
    assert table_lines(view)[1].split()[:4] == ["4711", "postgres", "-", "3.0"]


def test_lays_processes_out_in_columns():
    rows = [a_row(), a_row(pid=4194304, user="", name="kworker/0:1", unit="", memory_rss_bytes=0)]

    assert table_lines(a_view(*rows)) == [
        "    PID USER            CPU      RSS NAME            UNIT",
        "   4711 postgres      25.6%  3.0 GiB postgres        postgresql.service",
        "4194304               25.6%      0 B kworker/0:1",
    ]


@pytest.mark.parametrize(
    ("of_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (1024, "1.0 KiB"),
        (10 * 1024 - 60, "9.9 KiB"),
        (10 * 1024 - 1, "10 KiB"),
        (123 * 1024**2, "123 MiB"),
        (999 * 1024**2 + 512 * 1024, "1.0 GiB"),
        (5000 * 1024**4, "5000 TiB"),
    ],
)
def test_tells_sizes_in_three_digits(of_bytes: int, text: str):
    assert size(of_bytes) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", "?[2J?[31mred"),
        ("a\nb\tc\x00\x9b\x7f", "a?b?c???"),
        ("\u202egnp.exe", "?gnp.exe"),
        ("e\u0301", "e?"),
        ("\ufffd 進 ok", "\ufffd 進 ok"),
    ],
    ids=["escape", "control", "bidi", "combining", "plain"],
)
def test_shows_what_a_terminal_would_obey_as_question_marks(text: str, shown: str):
    assert printable(text) == shown


def test_a_wide_character_takes_two_columns():
    assert cut("進程表", 5) == "進程"
    assert filled("進程表", 5) == "進程 "


@given(st.text(), st.text(), st.text(), st.integers(0, 60))
def test_no_name_moves_the_cursor_or_takes_more_than_its_room(user: str, name: str, unit: str, columns: int):
    row = table_lines(a_view(a_row(user=user, name=name, unit=unit)))[1]

    assert not [char for char in row if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Mn", "Me")]
    assert row[: row.index("25.6%")].startswith("   4711 ")
    assert len(cut(row, columns)) <= columns
    assert len(filled(row, columns)) <= columns

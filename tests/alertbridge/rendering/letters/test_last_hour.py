from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from alertbridge.mail.facts import HostFacts
from alertbridge.rendering.letters.last_hour import last_hours
from alertbridge.rendering.letters.letter import Chart
from tests.builders import history, host_facts

EVERY_MINUTE = range(-3600, 0, 60)


def chart_of(*hosts: HostFacts) -> Chart:
    (section,) = last_hours(hosts, UTC)
    assert section.chart is not None
    return section.chart


def a_host(ratios, name: str = "web-1") -> HostFacts:
    return host_facts(name, history=history(ratios))


def marks_of(chart: Chart) -> list[tuple[str, str]]:
    return [(sketch.label, sketch.marks) for sketch in chart.sketches]


def test_sketches_a_mark_for_every_minute():
    chart = chart_of(a_host(dict.fromkeys(EVERY_MINUTE, (0.1, 0.6))))

    assert marks_of(chart) == [("CPU", "▁" * 60), ("RAM", "▅" * 60)]


@pytest.mark.parametrize(
    ("ratio", "mark"), [(0.0, "▁"), (0.124, "▁"), (0.126, "▂"), (0.5, "▅"), (0.88, "█"), (1.0, "█")]
)
def test_marks_are_as_high_as_their_ratio(ratio, mark):
    assert marks_of(chart_of(a_host({-90: (ratio, None)}))) == [("CPU", "·" * 58 + mark + "·")]


def test_a_mark_is_the_mean_of_its_minute():
    assert marks_of(chart_of(a_host({-50: (0.0, None), -40: (0.9, None), -30: (0.6, None)})))[0][1][-1] == "▅"


def test_scrapes_that_are_rarer_than_marks_leave_no_gap():
    chart = chart_of(a_host(dict.fromkeys(range(-3600, 0, 150), (0.1, 0.6))))

    assert [marks.rstrip("·") for _, marks in marks_of(chart)] == ["▁" * 58, "▅" * 58]


def test_shows_where_there_was_no_data():
    died, back = -2400, -1800
    ratios = {second: (0.1, 0.6) for second in EVERY_MINUTE if not died < second < back}

    chart = chart_of(a_host(ratios))

    assert marks_of(chart)[0] == ("CPU", "▁" * 21 + "·" * 9 + "▁" * 30)
    assert chart.last_seen == ""
    assert chart.words.endswith("; no data from 12:22:15 to 12:32:15.")


def test_says_all_of_it_in_a_sentence():
    ratios = {second: (0.1 + (second + 3600) / 6000, 0.6) for second in range(-3600, -95, 15)}

    chart = chart_of(a_host(ratios))

    assert chart.words == (
        "From 12:02 to 13:02: CPU between 10 % and 68 %, last 68 %; "
        "RAM 60 % throughout; no data since 13:00:30."
    )
    assert chart.last_seen == "last seen 13:00:30"
    assert chart.times == ("12:02", "12:32", "13:02")


def test_says_when_a_host_was_first_heard():
    ratios = dict.fromkeys(range(-600, 0, 15), (0.5, 0.5))

    assert "no data before 12:52:15" in chart_of(a_host(ratios)).words


def test_says_that_a_host_is_new():
    ratios = dict.fromkeys(range(-600, 0, 15), (0.5, 0.5))

    chart = chart_of(host_facts(history=history(ratios, new_at=-600)))

    assert chart.words.endswith("throughout; not scraped before 12:52:15.")


def test_tells_few_gaps_one_by_one():
    ratios = dict.fromkeys([*range(-3000, -1800, 60), *range(-1200, -300, 60)], (0.5, 0.5))

    words = chart_of(a_host(ratios)).words

    assert "; no data before 12:12:15 and from 12:31:15 to 12:42:15 and since 12:56:15." in words


def test_counts_many_gaps_and_tells_the_last_of_them():
    ratios = {second: (0.5, 0.5) for second in EVERY_MINUTE if (second // 60) % 10}

    assert "no data 5 times, last from 12:51:15 to 12:53:15" in chart_of(a_host(ratios)).words


def test_leaves_out_what_the_host_never_told():
    chart = chart_of(a_host({-10: (None, 0.5)}))

    assert [sketch.label for sketch in chart.sketches] == ["RAM"]
    assert "CPU" not in chart.words


def test_tells_times_in_the_readers_zone():
    host = a_host({-10: (0.5, 0.5)})

    (section,) = last_hours((host,), ZoneInfo("Asia/Kathmandu"))

    assert section.chart is not None
    assert section.chart.times == ("17:47", "18:17", "18:47")


def test_says_of_which_of_several_hosts_a_chart_is():
    ratios = {-10: (0.5, 0.5)}
    hosts = (a_host(ratios, "a"), host_facts("b"), a_host(ratios, "c"), a_host(ratios, "c"))

    sections = last_hours(hosts, UTC)

    assert [section.lines for section in sections] == [("a",), ("c",)]
    assert len({section.chart.name for section in sections if section.chart}) == 2


def test_has_no_chart_without_data_and_none_of_more_than_three_hosts():
    ratios = {-10: (0.5, 0.5)}

    assert last_hours((host_facts(), a_host({}, "b")), UTC) == ()
    assert len(last_hours([a_host(ratios, name) for name in "abc"], UTC)) == 3
    assert last_hours([a_host(ratios, name) for name in "abcd"], UTC) == ()

from bench.measurements.storm import process_series
from bench.scraping import parse, total

EXPOSITION = """\
# TYPE cpu_seconds counter
cpu_seconds_total{mode="user"} 3
cpu_seconds_total{mode="idle"} 40
# TYPE group_cpu_seconds counter
group_cpu_seconds_total{group="bash"} 2
group_cpu_seconds_total{group="(unattributed)"} 0.5
# TYPE top_info gauge
top_info{pid="7",name="bash"} 1
# TYPE load1 gauge
load1 0.25
"""


def test_finds_every_series_by_name_and_labels():
    samples = parse(EXPOSITION)

    assert len(samples) == 6
    assert samples["load1", ()] == 0.25
    assert samples["cpu_seconds_total", (("mode", "idle"),)] == 40
    assert samples["top_info", (("name", "bash"), ("pid", "7"))] == 1


def test_adds_up_the_series_of_a_name_but_for_a_label():
    samples = parse(EXPOSITION)

    assert total(samples, "cpu_seconds_total") == 43
    assert total(samples, "group_cpu_seconds_total", group="(unattributed)") == 2
    assert total(samples, "no_such_thing") == 0


def test_knows_which_series_depend_on_processes():
    assert {name for name, _ in process_series(parse(EXPOSITION))} == {"group_cpu_seconds_total", "top_info"}

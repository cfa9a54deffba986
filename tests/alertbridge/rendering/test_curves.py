import math
from dataclasses import replace

import pytest

from alertbridge.mail.host_facts import History, Usage
from alertbridge.rendering.curves import Curves, Gap, Point, curves_of
from tests.builders import END, history

NAN = math.nan
ONCE = history({0: (0.5, 0.5)})


def drawn(given: History) -> Curves:
    curves = curves_of(given)
    assert curves is not None
    return curves


def test_a_scrape_that_is_missing_makes_a_gap():
    curves = drawn(history({-3600 + 60 * minute: (0.5, 0.25) for minute in range(60) if minute != 30}))

    assert [len(stretch) for stretch in curves.cpu] == [30, 29]
    assert [len(stretch) for stretch in curves.memory] == [30, 29]
    assert curves.gaps == (Gap(END - 1860, END - 1740),)


def test_a_scrape_that_is_late_makes_none():
    late = {30: 25}

    curves = drawn(history({-3600 + 60 * i + late.get(i, 0): (0.5, 0.5) for i in range(60)}))

    assert (len(curves.cpu), curves.gaps) == (1, ())


def test_there_are_gaps_before_the_first_value_and_after_the_last():
    curves = drawn(history({-600: (0.5, 0.5), -585: (0.5, 0.5), -570: (0.5, 0.5)}))

    assert curves.gaps == (Gap(END - 3600, END - 600), Gap(END - 570, END))


@pytest.mark.parametrize(
    ("new_at", "gaps"),
    [
        (-1200, (Gap(END - 1200, END - 600),)),
        (-600, ()),
        (0, ()),
        (-9000, (Gap(END - 3600, END - 600),)),
        (NAN, ()),
    ],
)
def test_before_the_first_scrape_nothing_is_missing(new_at, gaps):
    ratios = dict.fromkeys(range(-600, 1, 15), (0.5, 0.5))

    assert drawn(history(ratios, new_at=new_at)).gaps == gaps


def test_where_only_one_of_two_values_lacks_the_host_still_was_heard():
    curves = drawn(history({-30: (0.1, 0.2), -20: (None, 0.3), -10: (0.3, 0.4), 0: (0.4, 0.5)}))

    assert [[point.ratio for point in stretch] for stretch in curves.cpu] == [[0.1], [0.3, 0.4]]
    assert [[point.ratio for point in stretch] for stretch in curves.memory] == [[0.2, 0.3, 0.4, 0.5]]
    assert curves.gaps == (Gap(END - 3600, END - 30),)


def test_takes_usages_in_any_order_and_each_moment_once():
    shuffled = history({-10: (0.2, None), -20: (0.1, None), 0: (0.3, None)})

    curves = drawn(shuffled)

    assert curves.cpu == ([Point(END - 20, 0.1), Point(END - 10, 0.2), Point(END, 0.3)],)
    assert curves.memory == ()


def test_more_than_all_is_drawn_as_all():
    assert drawn(history({-10: (7.0, 0.5)})).cpu == ([Point(END - 10, 1.0)],)


@pytest.mark.parametrize(
    "given",
    [
        history({}),
        history({-10: (None, None), -20: (NAN, math.inf), -30: (-0.1, -math.inf)}),
        history({-3601: (0.5, 0.5), 1: (0.5, 0.5)}),
        replace(ONCE, start_unix_seconds=END),
        replace(ONCE, start_unix_seconds=NAN),
        replace(ONCE, end_unix_seconds=math.inf),
        replace(ONCE, usages=(Usage(unix_seconds=NAN, cpu_ratio=0.5, memory_ratio=0.5),)),
    ],
    ids=["empty", "no ratios", "not within", "no time", "no start", "no end", "no moment"],
)
def test_there_is_nothing_to_draw(given):
    assert curves_of(given) is None

"""Which hosts were down together, from what Prometheus answers about `up`."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.fleet_stretches import (
    FleetSamples,
    FleetSpan,
    Grid,
    fleet_outage,
    grid_of,
    windows_to_look_into,
)

START, FIRED, ENDED, END = 100_000.0, 101_000.0, 102_000.0, 102_100.0
SPAN = FleetSpan(job="marax", fired=FIRED, ended=ENDED, start=START, end=END)
UP, DOWN, UNWATCHED = AfterOutage.UP, AfterOutage.DOWN, AfterOutage.UNWATCHED
INTERVAL = 10.0
LOOKS_BACK = 300.0

Timeline = Sequence[tuple[float, bool]]


def timeline(*down: tuple[float, float], first: float = START, last: float = END) -> Timeline:
    """Return a scrape every 10 s; those between the two moments of each of *down* fail."""
    moments = (first + INTERVAL * number for number in range(int((last - first) / INTERVAL) + 1))
    return [(moment, not any(went < moment < back for went, back in down)) for moment in moments]


def series(instance: str, samples: Sequence[tuple[float, float]]) -> Series:
    labels = {"job": "marax", "instance": instance, "host": instance.partition(":")[0]}
    return Series(labels=labels, samples=tuple(Sample(*sample) for sample in samples))


def cells_of(scrapes: Timeline, grid: Grid) -> list[tuple[float, float]]:
    first = math.ceil(grid.start / grid.step) * grid.step
    found = []
    for end in range(first, int(grid.end) + 1, grid.step):
        answered = [is_up for moment, is_up in scrapes if end - grid.step < moment <= end]
        if answered:
            found.append((float(end), fmean(answered)))
    return found


def asked(timelines: dict[str, Timeline], span: FleetSpan = SPAN, hosts: int | None = None) -> FleetOutage:
    """Return what comes of these scrapes, asked of a Prometheus that has so many *hosts*."""
    grid = grid_of(span, hosts or len(timelines))
    cells = [series(name, cells_of(scrapes, grid)) for name, scrapes in timelines.items()]
    others = [series(f"other-{number}", []) for number in range((hosts or 0) - len(timelines))]
    windows = windows_to_look_into([*cells, *others], grid)
    fetched = [
        series(name, [it for it in scrapes if any(start < it[0] <= end for start, end in windows)])
        for name, scrapes in timelines.items()
    ]
    at_end = [
        series(name, [scrapes[-1]])
        for name, scrapes in timelines.items()
        if scrapes and scrapes[-1][0] > span.end - LOOKS_BACK
    ]
    return fleet_outage(FleetSamples(at_end=at_end, cells=cells, scrapes=fetched), span, windows)


def of_one(*down: tuple[float, float], first: float = START, last: float = END) -> HostOutage | None:
    hosts = asked({"web-1:9877": timeline(*down, first=first, last=last)}).hosts
    return hosts[0] if hosts else None


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        ((), None),
        (((100_900, 101_500),), (100_900, 101_500, UP, 1, 600)),
        (((100_900, 200_000),), (100_900, None, DOWN, 1, 1200)),
        (((100_900, 101_500), (101_600, 101_700)), (100_900, 101_700, UP, 2, 700)),
        (((100_900, 101_500), (101_600, 200_000)), (100_900, None, DOWN, 2, 1100)),
        (((0, 101_500),), (None, 101_500, UP, 1, 1490)),
        (((0, 200_000),), (None, None, DOWN, 1, 2090)),
        (((100_500, 100_900),), None),
        (((102_050, 200_000),), None),
        (((101_900, 102_050),), (101_900, 102_050, UP, 1, 150)),
    ],
    ids=[
        "always there",
        "back",
        "still down",
        "twice",
        "twice, still down",
        "down before that",
        "down all the time",
        "back before it fired",
        "gone after it ended",
        "back after it ended",
    ],
)
def test_knows_from_when_to_when(down, expected):
    outage = of_one(*down)

    assert expected == (
        outage
        and (
            outage.last_answered_unix_seconds,
            outage.back_unix_seconds,
            outage.after,
            outage.times,
            outage.down_seconds,
        )
    )


def test_a_host_that_is_not_scraped_any_more_is_neither_up_nor_down():
    outage = of_one((100_900, 200_000), last=101_400)

    assert outage is not None
    assert (outage.after, outage.back_unix_seconds, outage.down_seconds) == (UNWATCHED, None, 0)


def test_where_prometheus_was_away_the_times_are_those_of_the_scrapes_on_both_sides():
    scrapes = [it for it in timeline((100_900, 101_400)) if not 100_950 < it[0] < 101_600]

    (outage,) = asked({"web-1:9877": scrapes}).hosts

    assert (outage.last_answered_unix_seconds, outage.back_unix_seconds) == (100_900, 101_600)


def test_while_the_alert_fires_the_last_outages_count_too():
    (outage,) = asked({"web-1:9877": timeline((102_050, 200_000))}, replace(SPAN, ended=None)).hosts

    assert outage.after is DOWN


def test_in_a_large_fleet_the_times_are_those_of_scrapes_where_many_changed():
    timelines = {f"web-{number}:9877": timeline((100_900 + number % 3 * 10, 101_500)) for number in range(20)}

    hosts = asked(timelines, hosts=2000).hosts

    assert len(hosts) == 20
    assert {host.last_answered_unix_seconds for host in hosts} == {100_900, 100_910, 100_920}
    assert {host.back_unix_seconds for host in hosts} == {101_500}


def test_what_is_fetched_of_a_large_fleet_is_bounded():
    day = FleetSpan(job="", fired=FIRED, ended=None, start=START, end=START + 86_400)
    grid = grid_of(day, 1000)
    flapping = [
        series(f"web-{n}:1", [(float(end), end % 2) for end in range(100_000, 186_400, 1440)])
        for n in range(1000)
    ]

    windows = windows_to_look_into(flapping, grid)

    assert 1000 * grid.whole_seconds / grid.step <= 61_000
    assert 1000 * sum(end - start for start, end in windows) <= 600_000


def test_where_the_scrapes_could_not_be_fetched_the_times_are_those_of_cells():
    scrapes = timeline((100_900, 101_500))
    grid = grid_of(SPAN, 1)
    cells = [series("web-1:9877", cells_of(scrapes, grid))]
    at_end = [series("web-1:9877", [scrapes[-1]])]

    (outage,) = fleet_outage(FleetSamples(at_end=at_end, cells=cells, scrapes=[]), SPAN, []).hosts

    assert outage.last_answered_unix_seconds is not None
    assert outage.back_unix_seconds is not None
    assert abs(outage.last_answered_unix_seconds - 100_900) <= grid.step
    assert abs(outage.back_unix_seconds - 101_500) <= grid.step


@given(st.lists(st.booleans(), min_size=1, max_size=211))
def test_tells_each_outage_of_a_small_fleet_to_the_scrape(states):
    scrapes = [(START + INTERVAL * number, is_up) for number, is_up in enumerate(states, start=1)]
    span = FleetSpan(job="", fired=START, ended=None, start=START, end=scrapes[-1][0])
    wrong = [moment for moment, is_up in scrapes if not is_up]

    hosts = asked({"web-1:9877": scrapes}, span).hosts

    assert bool(hosts) == bool(wrong)
    for host in hosts:
        answered = [moment for moment, is_up in scrapes if is_up]
        starts = sum(was_up and not is_up for (_, was_up), (_, is_up) in pairwise([(0.0, True), *scrapes]))
        assert host.times == starts
        assert host.last_answered_unix_seconds == max(
            (one for one in answered if one < wrong[0]), default=None
        )
        assert host.back_unix_seconds == min((one for one in answered if one > wrong[-1]), default=None)
        assert host.after is (UP if states[-1] else DOWN)


@pytest.mark.parametrize("moment", [math.nan, math.inf, -math.inf, END + 1, 1e300])
@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, -1.0])
def test_no_value_raises_or_is_told(moment, value):
    odd = [series("web-1:9877", [(moment, value), (moment, value)])]
    grid = grid_of(SPAN, 1)

    windows = windows_to_look_into(odd, grid)
    outage = fleet_outage(FleetSamples(at_end=[], cells=odd, scrapes=odd), SPAN, windows)

    assert outage.hosts == ()


def fleet(**found: list[Series]) -> FleetOutage:
    nothing: dict[str, list[Series]] = {"at_end": [], "cells": [], "scrapes": []}
    return fleet_outage(FleetSamples(**(nothing | found)), SPAN, [(START, END)])


def state(instance: str, is_up: float) -> Series:
    return series(instance, [(END, is_up)])


def test_lists_those_still_down_first_then_the_longest():
    outage = asked(
        {
            "a:1": timeline((100_990, 101_500)),
            "b:1": timeline((100_900, 101_500)),
            "c:1": timeline((100_950, 200_000)),
            "d:1": timeline((100_940, 200_000)),
            "e:1": timeline((100_900, 200_000), last=101_400),
        }
    )

    assert [host.name for host in outage.hosts] == ["d", "c", "e", "b", "a"]
    assert (outage.up, outage.total) == (2, 4)


def test_a_host_that_was_renamed_bears_its_later_name_and_one_without_a_name_its_address():
    renamed = Series(labels={"instance": "a:1", "host": "new"}, samples=(Sample(END, 1),))
    nameless = Series(labels={"instance": "b:1"}, samples=(Sample(101_500, 0),))

    outage = fleet(at_end=[renamed], scrapes=[series("a:1", [(101_500, 0)]), nameless])

    assert {host.name for host in outage.hosts} == {"new", "b:1"}


def test_of_two_series_with_one_address_one_that_answers_is_enough():
    outage = fleet(at_end=[state("a:1", 0), state("a:1", 1), state("a:1", 0)])

    assert (outage.up, outage.total, outage.hosts) == (1, 1, ())


def test_only_the_hosts_of_a_reader_are_left():
    outage = fleet(scrapes=[series("web-1:1", [(101_500, 0)]), series("db-1:1", [(101_500, 0)])])

    assert [host.name for host in outage.of(lambda name: name.startswith("web")).hosts] == ["web-1"]

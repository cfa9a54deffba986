"""Which hosts were down together, from what Prometheus answers about changes of `up`."""

import math
from dataclasses import replace

import pytest

from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.fleet_stretches import FleetSamples, FleetSpan, fleet_outage

START, FIRED, ENDED, END = 1000.0, 2000.0, 3000.0, 3100.0
SPAN = FleetSpan(job="marax", fired=FIRED, ended=ENDED, start=START, end=END)
UP, DOWN, UNWATCHED = AfterOutage.UP, AfterOutage.DOWN, AfterOutage.UNWATCHED


def series(instance: str, *values: float) -> Series:
    labels = {"job": "marax", "instance": instance, "host": instance.partition(":")[0]}
    return Series(labels=labels, samples=tuple(Sample(END, value) for value in values))


def samples_of_one(
    *, at_start: float | None, at_end: float | None, went: tuple[float, ...], came: tuple[float, ...]
) -> FleetSamples:
    def state(value: float | None) -> list[Series]:
        return [] if value is None else [series("web-1:9877", value)]

    return FleetSamples(
        at_start=state(at_start),
        at_end=state(at_end),
        went=[series("web-1:9877", *went)],
        came=[series("web-1:9877", *came)],
    )


def of_one(
    *,
    at_start: float | None = 1,
    at_end: float | None = 1,
    went: tuple[float, ...] = (),
    came: tuple[float, ...] = (),
    span: FleetSpan = SPAN,
) -> HostOutage | None:
    found = fleet_outage(samples_of_one(at_start=at_start, at_end=at_end, went=went, came=came), span)
    return found.hosts[0] if found.hosts else None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, None),
        ({"went": (1900,), "came": (2500,)}, (1900, 2500, UP, 1, 600)),
        ({"went": (1900,), "at_end": 0}, (1900, None, DOWN, 1, 1200)),
        ({"went": (1900,), "at_end": None}, (1900, None, UNWATCHED, 1, 0)),
        ({"went": (1900, 2600), "came": (2500, 2700)}, (1900, 2700, UP, 2, 700)),
        ({"went": (1900, 2600), "came": (2500,), "at_end": 0}, (1900, None, DOWN, 2, 1100)),
        ({"at_start": 0, "came": (2500,)}, (None, 2500, UP, 1, 1500)),
        ({"at_start": 0, "at_end": 0}, (None, None, DOWN, 1, 2100)),
        ({"at_start": None, "went": (1900,), "came": (2500,)}, (1900, 2500, UP, 1, 600)),
        ({"went": (1500,), "came": (1900,)}, None),
        ({"went": (3050,), "at_end": 0}, None),
        ({"went": (2900,), "came": (3050,)}, (2900, 3050, UP, 1, 150)),
    ],
    ids=[
        "always there",
        "back",
        "still down",
        "not watched any more",
        "twice",
        "twice, still down",
        "down before that",
        "down all the time",
        "new",
        "back before it fired",
        "gone after it ended",
        "back after it ended",
    ],
)
def test_knows_from_when_to_when(found, expected):
    outage = of_one(**found)

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


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"came": (2500,)}, (None, 2500, 2500, UP)),
        ({"went": (1900,)}, (1900, 1900, None, UP)),
        ({"went": (1900, 2600), "came": (2700,)}, (1900, 1900, 2700, UP)),
        ({"at_start": 0}, (None, START, None, UP)),
    ],
    ids=["when it went", "when it came", "when it came the first time", "both"],
)
def test_says_what_was_not_seen_because_prometheus_was_away(found, expected):
    outage = of_one(**found)

    assert outage is not None
    assert expected == (
        outage.last_answered_unix_seconds,
        outage.seen_down_unix_seconds,
        outage.back_unix_seconds,
        outage.after,
    )


def test_while_the_alert_fires_the_last_outages_count_too():
    outage = of_one(went=(3050.0,), at_end=0.0, span=replace(SPAN, ended=None))

    assert outage is not None
    assert outage.after is DOWN


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -5.0, 0.0, END + 1, 1e300])
def test_what_cannot_be_a_moment_is_left_out(value):
    assert of_one(went=(value,), came=(value,)) is None


def fleet(**found: list[Series]) -> FleetOutage:
    nothing: dict[str, list[Series]] = {"at_start": [], "at_end": [], "went": [], "came": []}
    return fleet_outage(FleetSamples(**(nothing | found)), SPAN)


def test_lists_those_still_down_first_then_the_longest():
    outage = fleet(
        at_end=[series("a:1", 1), series("b:1", 1), series("c:1", 0), series("d:1", 0)],
        went=[
            series("a:1", 1990),
            series("b:1", 1900),
            series("c:1", 1950),
            series("d:1", 1940),
            series("e:1", 1900),
        ],
        came=[series("a:1", 2500), series("b:1", 2500)],
    )

    assert [host.name for host in outage.hosts] == ["d", "c", "e", "b", "a"]
    assert (outage.up, outage.total) == (2, 4)


def test_a_host_that_was_renamed_bears_its_later_name_and_one_without_a_name_its_address():
    renamed = Series(labels={"instance": "a:1", "host": "new"}, samples=(Sample(END, 1),))
    nameless = Series(labels={"instance": "b:1"}, samples=(Sample(END, 1900),))

    outage = fleet(at_end=[renamed], went=[series("a:1", 1900), nameless], came=[series("a:1", 2500)])

    assert {host.name for host in outage.hosts} == {"new", "b:1"}


def test_of_two_series_with_one_address_one_that_answers_is_enough():
    outage = fleet(at_end=[series("a:1", 0), series("a:1", 1), series("a:1", 0)])

    assert (outage.up, outage.total, outage.hosts) == (1, 1, ())


def test_only_the_hosts_of_a_reader_are_left():
    outage = fleet(went=[series("web-1:1", 1900), series("db-1:1", 1900)])

    assert [host.name for host in outage.of(lambda name: name.startswith("web")).hosts] == ["web-1"]

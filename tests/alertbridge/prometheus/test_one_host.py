"""What is found out about one host: its outage by the alert, all else by the newest scrapes."""

from collections.abc import Mapping

import pytest

from alertbridge.prometheus.answers import Sample, Series
from alertbridge.prometheus.findings import HostFindings, NewestScrape, Subject
from alertbridge.prometheus.one_host import Seen, findings_of, moments, seen
from alertbridge.prometheus.outage import Asked, outage
from alertbridge.prometheus.stretches import Stretch

FIRED, ENDED, MORNING = 1_000.0, 1_300.0, 30_000.0
UNTIL_FIRED = {900.0: 1, 915.0: 1, 930.0: 0, 945.0: 0, 990.0: 0}
BACK = {1_100.0: 1, 1_200.0: 1, 1_300.0: 1}
BOOT = "marax_boot_time_seconds"


def samples(up: Mapping[float, float]) -> list[Sample]:
    return [Sample(moment, value) for moment, value in up.items()]


def found(
    up: Mapping[float, float], *, ended: float | None, exposed: tuple[Series, ...] = ()
) -> HostFindings:
    subject = Subject(instance="web-1:9877", fired_unix_seconds=FIRED, ended_unix_seconds=ended)
    return findings_of(subject, scrapes_of(up, ended), exposed)


def scrapes_of(up: Mapping[float, float], ended: float | None) -> Seen:
    asked = Asked(
        fired_unix_seconds=FIRED,
        until_unix_seconds=ended or MORNING + 60,
        known=(Stretch(0, MORNING + 60),),
    )
    return seen(outage(samples(up), asked), samples(up))


def a_series(name: str, *values: tuple[float, float]) -> Series:
    return Series(labels={"__name__": name}, samples=tuple(Sample(*one) for one in values))


def test_the_values_of_a_host_whose_alert_has_ended_are_those_of_its_newest_answer():
    load = a_series("marax_load1", (915.0, 9.0), (1_300.0, 5.0), (MORNING, 1.0))

    late = found(UNTIL_FIRED | BACK | {MORNING: 1}, ended=ENDED, exposed=(load,))
    gone = found(UNTIL_FIRED | BACK | {MORNING: 0}, ended=ENDED, exposed=(load,))
    down = found(UNTIL_FIRED | {MORNING: 0}, ended=None, exposed=(load,))

    assert [one.last_values and one.last_values.load1 for one in (late, gone, down)] == [1.0, 5.0, 9.0]
    assert [(one.since_unix_seconds, one.back_unix_seconds) for one in (late, gone)] == [(915.0, 1_100.0)] * 2


def test_a_reboot_after_the_outage_is_not_one_during_it():
    boot = a_series(BOOT, (1_300.0, 100.0), (MORNING, 20_000.0))

    late = found(UNTIL_FIRED | BACK | {MORNING: 1}, ended=ENDED, exposed=(boot,))

    assert late.has_rebooted is False


def test_the_values_are_asked_for_at_the_newest_answer_and_at_the_end():
    subject = Subject(instance="web-1:9877", fired_unix_seconds=FIRED, ended_unix_seconds=ENDED)

    its = scrapes_of(UNTIL_FIRED | BACK | {MORNING: 1}, ENDED)

    assert moments(subject, its) == {ENDED, MORNING}


@pytest.mark.parametrize(
    ("up", "newest"),
    [
        ({}, None),
        ({900.0: 1}, NewestScrape(unix_seconds=900.0, is_answered=True)),
        (
            {900.0: 0, 915.0: 1, 930.0: 1},
            NewestScrape(unix_seconds=930.0, is_answered=True, since_unix_seconds=915.0),
        ),
        (
            {900.0: 1, 915.0: 0},
            NewestScrape(unix_seconds=915.0, is_answered=False, since_unix_seconds=915.0),
        ),
        ({900.0: float("nan")}, NewestScrape(unix_seconds=900.0, is_answered=False)),
    ],
    ids=["none", "always answered", "answers again", "gone", "no number"],
)
def test_tells_how_the_newest_scrape_went_and_since_when(up, newest):
    assert found(up, ended=None).newest == newest

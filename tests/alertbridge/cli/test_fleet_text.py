"""What was down under an alert about most hosts, as events of an incident."""

from dataclasses import replace

import pytest

from alertbridge.cli.fleet_text import fleet_events
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.outbox.inspection import EpisodeView
from alertbridge.prometheus.answers import NotKnown
from tests.alertbridge.alert_builders import T0

EPISODE = EpisodeView(
    alertname="FleetDown",
    host="",
    last_answered_unix_seconds=None,
    fired_unix_seconds=T0,
    received_unix_seconds=T0,
    ended_unix_seconds=None,
    end_received_unix_seconds=None,
    is_end_reconciled=False,
)
HOST = HostOutage(
    name="web-1",
    last_answered_unix_seconds=T0 - 60,
    seen_down_unix_seconds=T0 - 60,
    back_unix_seconds=T0 + 540,
    after=AfterOutage.UP,
    times=1,
    down_seconds=600,
)


def events_of(*hosts: HostOutage) -> list[tuple[float, str]]:
    outage = FleetOutage(job="marax", up=1, total=2, until_unix_seconds=T0 + 900, hosts=hosts)
    return list(fleet_events(EPISODE, outage))


@pytest.mark.parametrize(
    ("host", "event"),
    [
        (HOST, (T0 - 60, "last scrape that web-1 answered; it answered again on 2026-09-21 14:22:20 UTC")),
        (
            replace(HOST, times=3, down_seconds=240),
            (
                T0 - 60,
                "last scrape that web-1 answered; it answered again on 2026-09-21 14:22:20 UTC"
                " (down 3 times, 4 min in all)",
            ),
        ),
        (
            replace(HOST, back_unix_seconds=None),
            (T0 - 60, "last scrape that web-1 answered; it answers again, since when is not known"),
        ),
        (
            replace(HOST, back_unix_seconds=None, after=AfterOutage.DOWN),
            (
                T0 - 60,
                "last scrape that web-1 answered; it had not answered again by 2026-09-21 14:28:20 UTC",
            ),
        ),
        (
            replace(HOST, back_unix_seconds=None, after=AfterOutage.UNWATCHED, name="web\x1b[31m\n1"),
            (T0 - 60, "last scrape that web[31m 1 answered; Prometheus does not scrape it any more"),
        ),
        (
            replace(HOST, last_answered_unix_seconds=None, seen_down_unix_seconds=T0 - 900),
            (T0 - 900, "web-1 was down by then; it answered again on 2026-09-21 14:22:20 UTC"),
        ),
    ],
)
def test_tells_of_each_host_from_when_to_when(host, event):
    assert events_of(host) == [event]


def test_tells_of_fifty_hosts_and_how_many_more_there_are():
    events = events_of(*[HOST] * 62)

    assert len(events) == 51
    assert events[-1] == (T0, "hosts down under FleetDown: 12 more than are listed here")


def test_says_that_there_was_none_or_that_it_is_not_known():
    assert events_of() == [(T0, "hosts down under FleetDown: none, according to Prometheus")]
    assert list(fleet_events(EPISODE, NotKnown(reason="no answer in time"))) == [
        (T0, "hosts down under FleetDown: not known: no answer in time")
    ]

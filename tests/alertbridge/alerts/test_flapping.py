"""Which new episodes join an incident that is there already, and when its mails leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.alerts.flapping import (
    EarlierEpisode,
    Rejoined,
    Subjects,
    may_flap,
    next_mail_unix_seconds,
    problem_of,
    rejoin,
)
from alertbridge.alerts.internal import undeliverable_alert
from tests.alertbridge.alert_builders import T0, an_alert, an_episode

NOW = T0 + 3600
WEB = ("HighCpu", "web-1")


def earlier(incident_id, opened, ended=None, **alert):
    about = an_alert(alertname="HighCpu", **alert)
    return EarlierEpisode(
        alert_id=about.alert_id,
        problem=problem_of(about),
        incident_id=incident_id,
        opened_unix_seconds=NOW + opened,
        ended_unix_seconds=None if ended is None else NOW + ended,
    )


def joined(*before, **alert):
    """Return what a new episode joins, given those *before* it."""
    episode = an_episode(alertname="HighCpu", starts=NOW, number=9, **alert)
    found = rejoin(Subjects(opened={WEB: [episode]}, earlier={WEB: before}), NOW)
    return found.get((episode.alert_id, 9))


def damped(incident_id):
    return Rejoined(incident_id, is_flapping=True)


def the_same(incident_id):
    return Rejoined(incident_id, is_flapping=False)


FLAPS = (earlier("a", -900, -800), earlier("b", -600, -500), earlier("c", -300, -200))
VALUES = tuple(
    earlier(one.incident_id, one.opened_unix_seconds - NOW, one.ended_unix_seconds - NOW, value=str(place))
    for place, one in enumerate(FLAPS)
)


@pytest.mark.parametrize(
    ("before", "labels", "expected"),
    [
        pytest.param((), {}, None, id="the first"),
        pytest.param(FLAPS[:2], {}, None, id="the third"),
        pytest.param(FLAPS, {}, damped("c"), id="the fourth"),
        pytest.param(VALUES, {"value": "9"}, damped("c"), id="a value in a label"),
        pytest.param(
            (*VALUES[:2], earlier("c", -30, 0, value="2")),
            {"value": "9"},
            damped("c"),
            id="which takes the place of one that ends by then",
        ),
        pytest.param(
            (*VALUES, earlier("d", -100, disk="sda")),
            {"disk": "sdb"},
            None,
            id="a second disk beside the first",
        ),
        pytest.param(
            (*VALUES, earlier("d", -100, disk="sda"), earlier("e", -90, -80, disk="sdb")),
            {"disk": "sdc"},
            damped("e"),
            id="a second one, as there was before",
        ),
        pytest.param(
            tuple(earlier(one.incident_id, -9000 + n, -8000 + n) for n, one in enumerate(FLAPS)),
            {},
            None,
            id="after a calm hour",
        ),
        pytest.param((earlier("a", -9000, severity="warning"),), {}, the_same("a"), id="now critical"),
        pytest.param((earlier("a", -900, -550, severity="warning"),), {}, the_same("a"), id="shortly after"),
        pytest.param((earlier("a", -900, -650, severity="warning"),), {}, None, id="long after"),
        pytest.param(
            (earlier("a", -900, severity="warning", disk="sda"),), {"disk": "sdb"}, None, id="another disk"
        ),
        pytest.param(
            (*FLAPS, earlier("d", -100, severity="warning")),
            {},
            damped("d"),
            id="severities that change all the time",
        ),
    ],
)
def test_what_flaps_or_changes_its_severity_joins_the_incident_before_it(before, labels, expected):
    assert joined(*before, **labels) == expected


def test_two_alerts_that_flap_together_join_the_same_incident():
    opened = [an_episode(alertname="HighCpu", starts=NOW, number=9, value=str(n)) for n in range(2)]
    before = [earlier("a", -900 + n, -800, value=str(n)) for n in range(3)]

    found = rejoin(Subjects(opened={WEB: opened}, earlier={WEB: before}), NOW)

    assert set(found.values()) == {Rejoined("a", is_flapping=True)}


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (an_alert(), True),
        (an_alert("", alertname="FleetDown"), False),
        (undeliverable_alert("ann", "no such user", T0, ends_unix_seconds=None), False),
    ],
)
def test_what_the_bridge_says_of_itself_or_of_the_fleet_never_flaps(alert, expected):
    assert may_flap(alert) is expected


@pytest.mark.parametrize(("mails", "seconds"), [(1, 600), (2, 600), (9, 600)])
def test_what_has_settled_is_told_after_ten_minutes(mails, seconds):
    assert next_mail_unix_seconds(NOW, mails, NOW) == NOW + seconds


@given(changes=st.lists(st.integers(1, 900), min_size=2, max_size=200))
def test_mails_of_what_flaps_are_ten_minutes_apart_and_at_most_an_hour_late(changes):
    now, last, mails = NOW, NOW, 1
    created, due = NOW, 0.0  # due when a mail waits
    for seconds in changes:
        now += seconds
        if due and due <= now:
            assert due - last >= 600
            assert due - created <= 3600
            last, mails, due = due, mails + 1, 0.0
        if not due:
            created = now
        due = next_mail_unix_seconds(created if due else last, mails, now)

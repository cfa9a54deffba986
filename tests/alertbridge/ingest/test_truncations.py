"""What Alertmanager leaves out of a payload, as its receiver has a `max_alerts`: the admins are told."""

import sqlite3
from contextlib import closing

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.payload import parse_payload
from alertbridge.ingest.truncations import Truncations
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert, payload_of
from tests.alertbridge.web.site import Site

DAY = 86_400


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.live.routing = a_routing(a_user("ann"), a_user("ops", is_admin=True, hosts=("none",)))
    made.post(payload_of(an_alert()))
    told(made)
    yield made
    made.outbox.close()


def told(site: Site) -> list[tuple[str, str, bool]]:
    """Return who has to be told of what by now, and whether it is over."""
    found, now = [], site.clock.unix_seconds()
    while claim := site.outbox.notices.claim(site.live.routing, now):
        found.append((claim.user_name, claim.title, claim.reported[0].is_over))
        site.outbox.notices.accept(claim, "<id>", now, last_answered={})
    return found


def truncated(count: int = 150, *, group: str = "{}:{}", receiver: str = "marax") -> bytes:
    return payload_of(an_alert(), truncatedAlerts=count, groupKey=group, receiver=receiver)


BEGAN = ("ops", "receiver marax: alerts left out", False)
ENDED = ("ops", "receiver marax: alerts left out", True)


def test_the_admins_are_told_once_and_once_that_it_is_over(site):
    site.post(truncated())
    site.post(truncated(120))
    before = told(site)
    site.clock.advance(300)
    site.post(truncated(0))
    site.post(truncated(0))

    assert (before, told(site)) == ([BEGAN], [ENDED])
    assert site.sample("alertbridge_truncated_alerts_total") == 270


def test_says_how_many_of_which_group(site):
    site.post(truncated(1, group='{}:{alertname="HighCpu"}'))

    (episode,) = [one for one in site.outbox.intake.open_episodes() if one.alert.labels["host"] != "web-1"]
    described = episode.alert.annotations["description"]
    assert described == '1 alert was left out of a notification of the group {}:{alertname="HighCpu"}.'


def test_another_group_or_receiver_that_is_whole_ends_nothing(site):
    site.post(truncated(group="a"))
    assert told(site) == [BEGAN]

    site.post(truncated(0, group="b"))
    site.post(truncated(0, group="a", receiver="other"))

    assert told(site) == []


def test_it_begins_again_when_alerts_are_left_out_again(site):
    for count in (5, 0, 5):
        site.post(truncated(count))
        site.clock.advance(60)

    assert [is_over for _, _, is_over in told(site)][-1] is False


def test_it_outlasts_a_restart_and_a_repeat_is_no_news(site):
    site.post(truncated())
    told(site)

    site.clock.advance(2 * DAY)
    raised: list[Alert] = []
    restarted = Truncations(
        open_alerts=site.outbox.intake, raise_alert=raised.append, clock=site.clock, metrics=site.metrics
    )
    restarted.forget()
    restarted.note(parse_payload(truncated(), T0))
    site.clock.advance(DAY - 1)
    restarted.forget()

    assert raised == []


def test_a_group_of_which_nothing_is_left_out_for_a_day_is_over(site):
    site.post(truncated())
    site.clock.advance(DAY - 10)
    site.post(truncated())
    told(site)
    site.clock.advance(DAY - 10)
    site.truncations.forget()
    assert told(site) == []

    site.clock.advance(10)
    site.truncations.forget()

    assert told(site) == [ENDED]


@pytest.mark.parametrize(
    ("receiver", "shown"),
    [
        ("", "receiver (no name)"),
        (r"web\.hook \(a\)", "receiver web.hook (a)"),
        ("r" * 500, "receiver " + "r" * 60),
    ],
)
def test_names_the_receiver_as_alertmanager_yml_does(site, receiver, shown):
    site.post(truncated(receiver=receiver))

    hosts = {one.alert.labels["host"] for one in site.outbox.intake.open_episodes()}
    assert hosts == {"web-1", shown}


def test_what_could_not_be_stored_has_to_come_again(site):
    site.post(truncated())
    with closing(sqlite3.connect(site.path)) as connection, connection:
        connection.execute("ALTER TABLE incidents RENAME TO elsewhere")
    other = site.post(truncated(group="b")).status_code
    with closing(sqlite3.connect(site.path)) as connection, connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO incidents")

    assert (other, site.post(truncated(group="b")).status_code) == (503, 200)
    assert [user for user, _, _ in told(site)] == ["ops", "ops"]

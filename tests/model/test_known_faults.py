"""Faults that were found once, each as a script: what is mailed, and that no rule is broken."""

import pytest

from tests.model.oracle import Rule
from tests.model.script import (
    EVERYTHING,
    Away,
    Busy,
    Cut,
    Deed,
    DiesOnce,
    Killed,
    MailAway,
    Removed,
    Renamed,
    Script,
    Site,
    Stalled,
    Stopped,
    Suspended,
)
from tests.model.world import World, played


def mailed(world: World) -> list[tuple[str, str]]:
    """Return of each mail its kind, and the hosts that it is about."""
    return [(mail.kind, " ".join(sorted({said.host for said in mail.said}))) for mail in world.oracle.mails]


def broken(world: World) -> list[str]:
    return [str(violation) for violation in world.oracle.violations]


def unreached(*, seconds: int, by: str = "prometheus-2") -> Cut:
    return Cut(at=0, seconds=seconds, one=by, other="web-1")


DOWN, UP, ENDED = ("DOWN", "web-1"), ("UP", "web-1"), ("ENDED", "web-1")
BLIND, OK = ("BLIND", "monitoring"), ("OK", "monitoring")
WHILE_DOWN = Away(at=0, seconds=2400, host="web-1")
TWINS = Site(hosts=2, prometheis=2, alertmanagers=2)
TWO_DOWN = [Away(at=0, seconds=2400, host="web-1"), Away(at=0, seconds=2400, host="web-2")]
EVERYTHING_KILLED = [
    Killed(at=at, seconds=30, part=part)
    for at in (300, 900, 1500)
    for part in ("prometheus-1", "alertmanager-1")
]


@pytest.mark.parametrize(
    ("script", "mails"),
    [
        pytest.param([Away(at=0, seconds=600, host="web-1")], [DOWN, UP], id="nothing is the matter"),
        pytest.param(
            [WHILE_DOWN, Stopped(at=300, seconds=420, part="prometheus-1")],
            [DOWN, BLIND, OK, UP],
            id="Prometheus is stopped for 7 minutes",
        ),
        pytest.param(
            [WHILE_DOWN, Stalled(at=300, seconds=420, part="prometheus-1")],
            [DOWN, BLIND, OK, UP],
            id="Prometheus stands still for 7 minutes",
        ),
        pytest.param(
            [WHILE_DOWN, Suspended(at=300, seconds=300)],
            [DOWN, UP],
            id="all of the monitoring stands still for 5 minutes",
        ),
        pytest.param(
            [WHILE_DOWN, Stalled(at=300, seconds=300, part="alertmanager-1")],
            [DOWN, BLIND, OK, UP],
            id="Alertmanager stands still for 5 minutes",
        ),
        pytest.param(
            [WHILE_DOWN, Cut(at=300, seconds=420, one="prometheus-1", other="alertmanager-1")],
            [DOWN, BLIND, OK, UP],
            id="Alertmanager is out of reach of Prometheus for 7 minutes",
        ),
        pytest.param(
            [*TWO_DOWN, *EVERYTHING_KILLED],
            [("DOWN", "web-1"), ("DOWN", "web-2"), ("UP", "web-1"), ("UP", "web-2")],
            id="Prometheus and Alertmanager are killed and started together three times",
        ),
        pytest.param(
            [WHILE_DOWN, Removed(at=600, seconds=6000, host="web-1")],
            [DOWN, ENDED],
            id="a host is removed while it is down",
        ),
        pytest.param(
            [WHILE_DOWN, Renamed(at=600, seconds=6000, host="web-1")],
            [DOWN, ENDED, ("DOWN", "web-1-new"), ("UP", "web-1-new")],
            id="a host is renamed while it is down",
        ),
        pytest.param(
            [Away(at=at, seconds=90, host="web-1") for at in range(0, 1200, 120)],
            [DOWN, UP],
            id="a host comes back for half a minute again and again",
        ),
        pytest.param(
            [WHILE_DOWN, Killed(at=300, seconds=60, part="bridge")],
            [DOWN, UP],
            id="the bridge is killed",
        ),
        pytest.param(
            [WHILE_DOWN, DiesOnce(at=0, seconds=300, deed=Deed.COMMITTED)],
            [DOWN, UP],
            id="the bridge dies before it answers a post that it has stored",
        ),
        pytest.param(
            [WHILE_DOWN, DiesOnce(at=0, seconds=300, deed=Deed.SENT)],
            [DOWN, DOWN, UP],
            id="the bridge dies before it notes that a mail was sent, and sends it again",
        ),
        pytest.param(
            [Busy(at=0, seconds=1800, host="web-1"), Stalled(at=600, seconds=420, part="prometheus-1")],
            [("WARN", "web-1"), BLIND, OK, ("OK", "web-1")],
            id="Prometheus stands still while a CPU is busy",
        ),
    ],
)
def test_is_mailed_as_it_is(script: Script, mails):
    world = played(script, Site(hosts=2))

    assert (sorted(mailed(world)), broken(world)) == (sorted(mails), [])


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            [Away(at=0, seconds=120, host="web-1"), Stopped(at=0, seconds=200, part="bridge")],
            id="the bridge does not run until the host is back",
        ),
        pytest.param(
            [Away(at=0, seconds=120, host="web-1"), MailAway(at=60, seconds=65)],
            id="mail cannot be sent until the host is back",
        ),
    ],
)
def test_a_host_that_answers_when_the_mail_leaves_is_not_down(script: Script):
    assert broken(played(script, Site(hosts=2))) == []


@pytest.mark.parametrize(
    "site", [Site(hosts=5), Site(hosts=5, alertmanagers=2)], ids=["one Alertmanager", "two Alertmanagers"]
)
def test_under_fleet_down_a_restart_of_alertmanager_reports_no_host(site: Site):
    fleet_down = [Away(at=0, seconds=1200, host=f"web-{number}") for number in (1, 2, 3, 4)]
    restarts = [Killed(at=600, seconds=15, part=f"alertmanager-{n + 1}") for n in range(site.alertmanagers)]

    world = played([*fleet_down, *restarts], site)

    assert (mailed(world), broken(world)) == ([("CRITICAL", "FleetDown"), ("OK", "FleetDown")], [])


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            [Cut(at=60, seconds=300, one="alertmanager-1", other="bridge")],
            id="one of them does not reach the bridge",
        ),
        pytest.param(
            [Cut(at=0, seconds=1200, one="alertmanager-1", other="alertmanager-2")],
            id="they do not reach each other",
        ),
        pytest.param(
            [Stalled(at=60, seconds=45, part="bridge")],
            id="the bridge stands still, and takes their posts late",
        ),
        pytest.param(
            [Stalled(at=590, seconds=200, part="alertmanager-1")],
            id="one of them stands still while the host comes back",
        ),
    ],
)
def test_two_alertmanagers_report_an_outage_once(script: Script):
    world = played([Away(at=0, seconds=600, host="web-1"), *script], TWINS)

    assert (mailed(world), broken(world)) == ([DOWN, UP], [])


def test_a_host_that_answers_one_of_two_prometheis_is_not_down():
    assert broken(played([unreached(seconds=1800)], Site(hosts=2, prometheis=2))) == []


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([unreached(seconds=75)], id="it answers both as the mail leaves"),
        pytest.param(
            [unreached(seconds=120), MailAway(at=60, seconds=65)],
            id="mail cannot be sent until it answers both",
        ),
        pytest.param(
            [unreached(seconds=120), Stopped(at=0, seconds=200, part="bridge")],
            id="the bridge does not run until it answers both",
        ),
        pytest.param(
            [unreached(seconds=210), DiesOnce(at=0, seconds=325, deed=Deed.SENT)],
            id="the bridge dies, and sends its mail again when it answers both",
        ),
    ],
)
def test_a_host_that_answers_both_prometheis_when_the_mail_leaves_is_not_down(script: Script):
    assert broken(played(script, Site(hosts=2, prometheis=2))) == []


def test_a_host_that_only_the_first_prometheus_missed_is_not_down_when_it_answers_both():
    script = [unreached(seconds=120, by="prometheus-1"), MailAway(at=60, seconds=65)]

    assert broken(played(script, Site(hosts=2, prometheis=2))) == []


def test_a_host_is_not_down_as_the_prometheus_that_did_not_reach_it_dies():
    script = [unreached(seconds=525), Killed(at=95, seconds=385, part="prometheus-2")]

    assert broken(played(script, Site(hosts=5, prometheis=2, alertmanagers=2))) == []


def test_a_host_that_one_of_two_prometheis_does_not_reach_is_reported_once():
    world = played([unreached(seconds=1800), Away(at=600, seconds=600, host="web-1")], TWINS)

    assert (mailed(world), broken(world)) == ([DOWN, UP], [])


AN_END_THAT_WAS_LOST = [
    unreached(seconds=240),
    Killed(at=270, seconds=300, part="alertmanager-1"),
]


def test_an_end_that_alertmanager_lost_is_found_whichever_prometheus_fired():
    """The first to fire opens the episode, and the other one fires some seconds later."""
    world = played(AN_END_THAT_WAS_LOST, Site(hosts=2, prometheis=2))

    assert broken(world) == []


def test_an_end_that_alertmanager_lost_is_found_if_the_prometheus_that_fired_is_not_named():
    world = played(AN_END_THAT_WAS_LOST, Site(hosts=2, prometheis=2, names_only_first=True))

    assert [one for one in world.oracle.violations if one.rule is Rule.NOT_CLOSED] == []


def test_a_post_that_waited_for_the_bridge_opens_nothing_that_is_over():
    script = [
        Away(at=0, seconds=900, host="web-1"),
        Stalled(at=575, seconds=900, part="prometheus-2"),
        Stalled(at=1135, seconds=900, part="bridge"),
    ]

    world = played(script, Site(hosts=2, prometheis=2))

    assert (mailed(world), broken(world)) == ([DOWN, UP, OK], [])


@pytest.mark.parametrize(
    ("script", "prometheis"),
    [
        pytest.param(
            [Away(at=0, seconds=240, host="web-1"), Stalled(at=60, seconds=600, part="bridge")],
            1,
            id="the bridge takes the post of the firing when it goes on, and there is none of the end",
        ),
        pytest.param(
            [
                Away(at=0, seconds=300, host="web-1"),
                Cut(at=520, seconds=420, one="prometheus-2", other="web-1"),
                Cut(at=1025, seconds=420, one="prometheus-2", other="alertmanager-1"),
            ],
            2,
            id="one Prometheus repeats an old end, by which Alertmanager forgets what fires in the other",
        ),
    ],
)
def test_an_end_that_was_never_posted_is_found(script: Script, prometheis):
    world = played(script, Site(hosts=2, prometheis=prometheis))

    assert [one for one in world.oracle.violations if one.rule is Rule.NOT_CLOSED] == []


def test_a_late_mail_says_of_no_host_that_is_down_again_that_it_is_up():
    script = [
        Away(at=0, seconds=180, host="web-1"),
        MailAway(at=0, seconds=900),
        Away(at=920, seconds=900, host="web-1"),
    ]

    assert broken(played(script, Site(hosts=2))) == []


def test_a_restart_while_one_of_two_prometheis_is_dead_reports_nothing_twice():
    script = [
        Busy(at=0, seconds=695, host="web-1"),
        Killed(at=365, seconds=500, part="prometheus-1"),
        Killed(at=405, seconds=30, part=EVERYTHING),
    ]

    assert broken(played(script, Site(hosts=2, prometheis=2))) == []


@pytest.mark.parametrize(
    ("script", "mails"),
    [
        pytest.param(
            [
                Away(at=0, seconds=120, host="web-1"),
                Stalled(at=110, seconds=180, part="alertmanager-1"),
                Away(at=310, seconds=120, host="web-1"),
            ],
            [DOWN, DOWN, UP, UP],
            id="the end between two outages was never posted",
        ),
        pytest.param(
            [WHILE_DOWN, Removed(at=775, seconds=180, host="web-1")],
            [DOWN, UP],
            id="the host was not watched for three minutes",
        ),
        pytest.param(
            [
                Busy(at=0, seconds=300, host="web-1"),
                Killed(at=245, seconds=600, part="prometheus-1"),
                Busy(at=770, seconds=600, host="web-1"),
            ],
            None,
            id="Prometheus was killed between two times of a busy CPU",
        ),
        pytest.param(
            [WHILE_DOWN, Killed(at=300, seconds=60, part=EVERYTHING)],
            [DOWN, UP],
            id="the machine with all of the monitoring restarts",
        ),
    ],
)
def test_every_incident_is_closed_in_words(script: Script, mails):
    world = played(script, Site(hosts=2))

    assert broken(world) == []
    assert mails is None or mailed(world) == mails


def test_what_begins_under_fleet_down_and_goes_on_is_reported_when_that_ends():
    fleet_down = [Away(at=0, seconds=900, host=f"web-{number}") for number in (1, 2, 3, 4)]

    world = played([*fleet_down, Away(at=900, seconds=1200, host="web-1")], Site(hosts=5))

    assert mailed(world) == [("CRITICAL", "FleetDown"), ("OK", "FleetDown"), DOWN, UP]
    assert broken(world) == []


def test_the_death_of_one_of_two_prometheis_that_watch_different_hosts_is_reported():
    site = Site(hosts=2, prometheis=2, is_sharded=True)

    world = played([Killed(at=300, seconds=600, part="prometheus-2")], site)

    assert [mail.kind for mail in world.oracle.mails] == ["BLIND", "OK"]


def test_two_prometheis_that_watch_different_hosts_report_each_its_own():
    site = Site(hosts=2, prometheis=2, is_sharded=True)
    script = [Away(at=0, seconds=600, host="web-1"), Away(at=1200, seconds=600, host="web-2")]

    world = played(script, site)

    assert mailed(world) == [DOWN, UP, ("DOWN", "web-2"), ("UP", "web-2")]
    assert broken(world) == []

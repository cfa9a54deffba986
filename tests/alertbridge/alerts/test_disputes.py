"""What a firing is that contradicts what is stored: a table, and what must never follow."""

from dataclasses import replace

import pytest

from alertbridge.alerts.disputes import (
    Another,
    GoesOn,
    Past,
    Same,
    Undecided,
    decide_ended,
    decide_open,
)
from alertbridge.alerts.episodes import Disputed
from alertbridge.alerts.proof import Active, Evidence, NoEvidence, Target
from tests.alertbridge.alert_builders import T0, an_alert, an_episode

INSTANCE = "web-1.example.org:9877"
UP = {"job": "marax", "host": "web-1", "instance": INSTANCE}
FIRED = {"alertname": "HostDown", "severity": "critical", **UP}
ENDED = T0 + 60
DOWN = Target(labels=UP, scraped_unix_seconds=T0 + 400, is_up=False)
BACK = Target(labels=UP, scraped_unix_seconds=T0 + 400, is_up=True)


@pytest.mark.parametrize(
    ("past", "is_of_target", "decision"),
    [
        pytest.param(Past(), True, Same(), id="no scrape was answered in between"),
        pytest.param(
            Past(answered_unix_seconds=T0 + 9), True, Another(ended_unix_seconds=T0 + 9), id="one was"
        ),
        pytest.param(Past(idle_seconds=600), True, Same(), id="a rule says nothing of a host"),
        pytest.param(Past(idle_seconds=60), False, Same(), id="the rule was idle as after a restart"),
        pytest.param(Past(idle_seconds=75), False, Another(), id="the rule was idle for longer"),
        pytest.param(NoEvidence(reason="refused"), True, Undecided(), id="it is not known"),
        pytest.param(None, True, Another(), id="nobody can be asked"),
    ],
)
def test_a_firing_that_began_after_the_open_episode(past, is_of_target, decision):
    disputed = Disputed(episode=an_episode(), alert=an_alert(starts=T0 + 300))

    assert decide_open(disputed, past, is_of_target=is_of_target) == decision


def test_a_start_that_was_found_to_be_of_the_same_outage_needs_no_question():
    restarted = replace(an_episode(), restarted_unix_seconds=T0 + 300)

    decision = decide_open(
        Disputed(episode=restarted, alert=an_alert(starts=T0 + 300)), None, is_of_target=True
    )

    assert decision == Same()


def evidence(*targets: Target, since: float | None) -> Evidence:
    active = [] if since is None else [Active(labels=FIRED, since_unix_seconds=since)]
    return Evidence(
        evaluated_unix_seconds=T0 + 400,
        active={"HostDown": active},
        known={"HostDown": [FIRED]},
        targets={INSTANCE: targets},
    )


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        pytest.param(evidence(DOWN, since=T0 - 60), GoesOn(), id="active since before the end"),
        pytest.param(evidence(BACK, since=T0 - 60), Same(), id="active, but the host answers"),
        pytest.param(evidence(since=T0 - 60), Same(), id="active, but the host is not watched"),
        pytest.param(evidence(DOWN, since=None), Same(), id="a late repeat"),
        pytest.param(evidence(DOWN, since=ENDED + 5), Same(), id="active again: that has a start of its own"),
        pytest.param(NoEvidence(reason="refused"), Undecided(), id="it is not known"),
        pytest.param(
            replace(evidence(DOWN, since=T0 - 60), evaluated_unix_seconds=T0 + 399),
            Undecided(),
            id="it has not been evaluated since",
        ),
    ],
)
def test_a_firing_that_began_before_the_end_of_its_episode(found, decision):
    disputed = Disputed(episode=an_episode(ends=ENDED), alert=an_alert(cluster="berlin"))

    assert decide_ended(disputed, [found], T0 + 400, is_of_target=True) == decision


@pytest.mark.parametrize(
    ("other", "decision"),
    [
        pytest.param(evidence(DOWN, since=T0 - 60), GoesOn(), id="the other holds it active"),
        pytest.param(evidence(BACK, since=None), Same(), id="the other does not either"),
        pytest.param(NoEvidence(reason="refused"), Undecided(), id="the other cannot be asked"),
    ],
)
def test_of_two_prometheis_one_that_holds_it_active_is_enough(other, decision):
    disputed = Disputed(episode=an_episode(ends=ENDED), alert=an_alert(cluster="berlin"))
    found = [evidence(BACK, since=None), other]

    assert decide_ended(disputed, found, T0 + 400, is_of_target=True) == decision


def test_a_firing_that_began_after_the_end_is_another_one():
    disputed = Disputed(episode=an_episode(ends=ENDED), alert=an_alert(starts=ENDED + 5))

    assert decide_ended(disputed, [NoEvidence(reason="refused")], T0, is_of_target=True) == Another()


def test_an_alert_that_no_prometheus_knows_is_believed_when_it_comes_late():
    foreign = replace(evidence(since=None), evaluated_unix_seconds=T0 + 900, known={}, targets={})
    disputed = Disputed(episode=an_episode(ends=ENDED), alert=an_alert())

    assert decide_ended(disputed, [foreign], ENDED + 9, is_of_target=True) == Same()
    assert decide_ended(disputed, [foreign], ENDED + 301, is_of_target=True) == GoesOn()


@pytest.mark.parametrize(
    ("now", "decision"),
    [
        pytest.param(ENDED - 0.1, Same(), id="dated before the end"),
        pytest.param(ENDED + 299, Same(), id="a late repeat"),
        pytest.param(ENDED + 301, GoesOn(), id="too late for a repeat"),
    ],
)
def test_where_nobody_can_be_asked_one_that_comes_late_shows_that_the_alert_goes_on(now, decision):
    disputed = Disputed(episode=an_episode(ends=ENDED), alert=an_alert())

    assert decide_ended(disputed, [], now, is_of_target=True) == decision

"""When the end of an alert is believed: a table of what Prometheus may know, and what must never follow."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Claimed, Episode
from alertbridge.alerts.proof import (
    Active,
    Ended,
    Evidence,
    Heartbeat,
    Held,
    Judgement,
    Labels,
    NoEvidence,
    Target,
    Unwatched,
    judge,
)
from tests.alertbridge.alert_builders import T0, an_alert

ENDS = T0 + 240
INSTANCE = "web-1.example.org:9877"
UP = {"job": "marax", "host": "web-1", "instance": INSTANCE}
FIRED = {"alertname": "HostDown", "severity": "critical", **UP}
REPLICA = {**FIRED, "replica": "a"}
BACK = Target(labels=UP, scraped_unix_seconds=ENDS + 5, is_up=True, back_unix_seconds=ENDS - 10)
AWAY = Target(labels=UP, scraped_unix_seconds=ENDS + 5, is_up=False)
NAMES = ("HostDown", "HighCpu")
SILENT = Heartbeat(evaluated_unix_seconds=0)


def evidence(
    *targets: Target, active: Sequence[Labels] = (), known: Sequence[Labels] = (FIRED,), at: float = ENDS + 5
) -> Evidence:
    return Evidence(
        evaluated_unix_seconds=at,
        active={name: [Active(labels=one, since_unix_seconds=T0) for one in active] for name in NAMES},
        known={"HostDown": known, "HighCpu": [{**one, "alertname": "HighCpu"} for one in known]},
        targets={INSTANCE: targets} if targets else {},
    )


def judged(
    *found: Evidence | NoEvidence,
    alert: Alert | None = None,
    heartbeat: Heartbeat = SILENT,
    believed_from: float = 0,
) -> Judgement:
    alert = alert or an_alert(cluster="berlin")  # Alertmanager's labels: one more than Prometheus' own
    episode = Episode(alert_id=alert.alert_id, number=1, alert=alert, opened_unix_seconds=T0)
    claim = Claimed(episode=episode, ends_unix_seconds=ENDS, is_reconciled=False)
    is_down = alert.labels["alertname"] == "HostDown"
    return judge(claim, found, heartbeat, is_of_target=is_down, believed_from_unix_seconds=believed_from)


def test_a_host_that_answers_again_is_back_since_the_first_scrape_that_it_answered():
    assert judged(evidence(BACK)) == Ended(ended_unix_seconds=ENDS - 10, is_by_scrape=True)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(NoEvidence(reason="connection refused"), "connection refused", id="not to be asked"),
        pytest.param(evidence(BACK, at=ENDS - 1), "not evaluated", id="does not evaluate"),
        pytest.param(evidence(BACK, active=[FIRED]), "active", id="active"),
        pytest.param(evidence(BACK, active=[REPLICA], known=[REPLICA]), "active", id="a label was dropped"),
        pytest.param(evidence(AWAY), "not answered", id="still down"),
        pytest.param(evidence(Target(labels=UP)), "not answered", id="not scraped yet"),
        pytest.param(
            evidence(replace(BACK, scraped_unix_seconds=T0 - 1)), "not answered", id="answered before it"
        ),
        pytest.param(
            evidence(BACK, replace(AWAY, scraped_unix_seconds=ENDS + 9)), "not answered", id="down again"
        ),
    ],
)
def test_an_end_is_held_while_prometheus_does_not_confirm_it(found, why):
    held = judged(found)

    assert isinstance(held, Held)
    assert why in held.reason


@pytest.mark.parametrize(
    ("targets", "watched_as"),
    [
        pytest.param((), "", id="removed"),
        pytest.param((replace(BACK, labels={**UP, "host": "www-1"}),), "www-1", id="renamed"),
    ],
)
def test_a_target_that_is_gone_is_not_watched_whatever_stands_in_its_place(targets, watched_as):
    assert judged(evidence(*targets)) == Unwatched(watched_as=watched_as)


@pytest.mark.parametrize(
    ("known", "active"),
    [
        pytest.param(FIRED, {**FIRED, "site": "berlin"}, id="a label was added"),
        pytest.param({**FIRED, "cluster": "berlin"}, FIRED, id="a label was removed"),
    ],
)
def test_a_host_whose_labels_are_others_now_is_not_watched_under_the_old_ones(known, active):
    again = replace(AWAY, labels={name: active[name] for name in active.keys() - {"alertname", "severity"}})

    assert judged(evidence(again, active=[active], known=[known, active])) == Unwatched(watched_as="web-1")


def test_a_target_that_has_labels_more_is_the_same():
    more = replace(BACK, labels={**UP, "site": "berlin"})

    assert judged(evidence(more)) == Ended(ended_unix_seconds=ENDS - 10, is_by_scrape=True)


def test_another_alert_needs_no_answered_scrape():
    assert judged(evidence(AWAY), alert=an_alert(alertname="HighCpu")) == Ended(ended_unix_seconds=ENDS)


@pytest.mark.parametrize("alertname", ["HostDown", "HighCpu"])
def test_what_this_prometheus_never_held_active_is_not_for_it_to_judge(alertname):
    alert = an_alert("far-1", alertname=alertname)

    assert isinstance(judged(evidence(BACK), alert=alert), Held)
    assert judged(evidence(BACK), alert=alert, heartbeat=Heartbeat(evaluated_unix_seconds=ENDS)) == Ended(
        ended_unix_seconds=ENDS
    )


BACK_BY_SCRAPE = Ended(ended_unix_seconds=ENDS - 10, is_by_scrape=True)
REFUSED = NoEvidence(reason="connection refused")


@pytest.mark.parametrize(
    ("other", "judgement"),
    [
        pytest.param(REFUSED, BACK_BY_SCRAPE, id="the other is dead"),
        pytest.param(
            evidence(AWAY, active=[FIRED], at=ENDS - 60), BACK_BY_SCRAPE, id="the other has stalled"
        ),
        pytest.param(evidence(BACK, active=[FIRED]), "active", id="the other holds it active"),
        pytest.param(evidence(AWAY), BACK_BY_SCRAPE, id="the other has scraped it a moment earlier"),
        pytest.param(evidence(known=[]), BACK_BY_SCRAPE, id="the other holds another shard"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["first", "second"])
def test_of_two_prometheis_that_know_the_host_one_is_enough_unless_the_other_contradicts(
    other, judgement, turned
):
    found = judged(*((other, evidence(BACK)) if turned else (evidence(BACK), other)))

    assert judgement in found.reason if isinstance(found, Held) else found == judgement


@pytest.mark.parametrize(
    ("other", "judgement"),
    [
        pytest.param(REFUSED, Held(reason="connection refused"), id="the shard that knows it is dead"),
        pytest.param(
            evidence(AWAY), Held(reason="the host has not answered a scrape since it went down"), id="down"
        ),
        pytest.param(evidence(), Unwatched(), id="nobody watches it"),
    ],
)
def test_what_one_shard_does_not_know_is_for_the_other_to_say(other, judgement):
    assert judged(evidence(known=[]), other) == judgement
    assert judged(evidence(), REFUSED) == Held(reason="connection refused")


def test_after_a_suspend_only_what_was_evaluated_since_is_believed():
    assert isinstance(judged(evidence(BACK, at=ENDS + 5), believed_from=ENDS + 6), Held)
    assert judged(evidence(BACK, at=ENDS + 7), believed_from=ENDS + 6) == BACK_BY_SCRAPE


LABELS = st.dictionaries(st.sampled_from(["host", "instance", "job", "site"]), st.sampled_from(["a", "b"]))
MOMENTS = st.floats(T0 - 600, T0 + 600)
TARGETS = st.builds(
    Target, labels=LABELS, scraped_unix_seconds=MOMENTS, is_up=st.booleans(), back_unix_seconds=st.none()
)


HOST = an_alert("a", instance="a", job="a", site="a")
ACTIVE = st.builds(Active, labels=LABELS, since_unix_seconds=MOMENTS)
EVIDENCE = st.builds(
    Evidence,
    evaluated_unix_seconds=MOMENTS,
    active=st.fixed_dictionaries({"HostDown": st.lists(ACTIVE, max_size=3)}),
    known=st.just({"HostDown": [dict(HOST.labels)]}),
    targets=st.fixed_dictionaries({"a": st.lists(TARGETS, max_size=4)}),
)


@given(st.lists(EVIDENCE | st.just(REFUSED), min_size=1, max_size=3))
def test_no_host_is_back_without_a_scrape_that_it_answered_after_it_went_down(found):
    result = judged(*found, alert=HOST)

    if isinstance(result, Ended):
        fresh = [one for one in found if isinstance(one, Evidence) and one.evaluated_unix_seconds >= ENDS]
        targets = [target for one in fresh for target in one.targets["a"]]
        assert any(target.is_up and target.scraped_unix_seconds > T0 for target in targets)

"""When the end of an alert is believed: a table of what Prometheus may know, and what must never follow."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.episodes import Claimed, Episode
from alertbridge.alerts.proof import Ended, Evidence, Held, NoEvidence, Target, Unwatched, judge
from tests.alertbridge.alert_builders import T0, an_alert

ENDS = T0 + 240
UP = {"job": "marax", "host": "web-1", "instance": "web-1.example.org:9877"}
ACTIVE = {"alertname": "HostDown", "severity": "critical", **UP}
BACK = Target(labels=UP, scraped_unix_seconds=ENDS + 5, is_up=True, back_unix_seconds=ENDS - 10)
AWAY = Target(labels=UP, scraped_unix_seconds=ENDS + 5, is_up=False)
LOOKED = Evidence(evaluated_unix_seconds=ENDS + 5, targets=(BACK,))


def a_claim(alert: Alert | None = None) -> Claimed:
    alert = alert or an_alert(cluster="berlin")  # Alertmanager's labels: one more than Prometheus' own
    episode = Episode(alert_id=alert.alert_id, number=1, alert=alert, opened_unix_seconds=T0)
    return Claimed(episode=episode, ends_unix_seconds=ENDS, is_reconciled=False)


def test_a_host_that_answers_again_is_back_since_the_first_scrape_that_it_answered():
    assert judge(a_claim(), LOOKED, means_down=True) == Ended(ended_unix_seconds=ENDS - 10)


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        (NoEvidence(reason="connection refused"), "connection refused"),
        (replace(LOOKED, evaluated_unix_seconds=ENDS - 1), "not evaluated"),
        (replace(LOOKED, active=(ACTIVE,)), "active"),
        (replace(LOOKED, targets=(AWAY,)), "not answered"),
        (replace(LOOKED, targets=(replace(BACK, scraped_unix_seconds=T0 - 1),)), "not answered"),
        (replace(LOOKED, targets=(BACK, replace(AWAY, scraped_unix_seconds=ENDS + 9))), "not answered"),
    ],
)
def test_an_end_is_held_while_prometheus_does_not_confirm_it(evidence, why):
    held = judge(a_claim(), evidence, means_down=True)

    assert isinstance(held, Held)
    assert why in held.reason


@pytest.mark.parametrize(
    ("targets", "watched_as"),
    [
        pytest.param((), "", id="removed"),
        pytest.param((replace(BACK, labels={**UP, "host": "www-1"}),), "www-1", id="renamed"),
        pytest.param((replace(AWAY, labels={**UP, "site": "berlin"}),), "web-1", id="relabelled"),
        pytest.param((replace(BACK, labels={**UP, "instance": "10.0.0.1:9877"}),), "", id="moved"),
    ],
)
def test_a_target_that_is_gone_is_not_watched_whatever_stands_in_its_place(targets, watched_as):
    assert judge(a_claim(), replace(LOOKED, targets=targets), means_down=True) == Unwatched(
        watched_as=watched_as
    )


def test_another_alert_needs_no_answered_scrape():
    claim = a_claim(an_alert(alertname="HighCpu"))

    assert judge(claim, replace(LOOKED, targets=(AWAY,)), means_down=False) == Ended(ended_unix_seconds=ENDS)


LABELS = st.dictionaries(st.sampled_from(["host", "instance", "job", "site"]), st.sampled_from(["a", "b"]))
MOMENTS = st.floats(T0 - 600, T0 + 600)
TARGETS = st.builds(
    Target, labels=LABELS, scraped_unix_seconds=MOMENTS, is_up=st.booleans(), back_unix_seconds=st.none()
)
EVIDENCE = st.builds(
    Evidence,
    evaluated_unix_seconds=MOMENTS,
    active=st.lists(LABELS, max_size=3),
    targets=st.lists(TARGETS, max_size=4),
)


@given(EVIDENCE)
def test_no_host_is_back_without_a_scrape_that_it_answered_after_it_went_down(evidence):
    alert = an_alert("a", instance="a", job="a", site="a")

    judged = judge(a_claim(alert), evidence, means_down=True)

    if isinstance(judged, Ended):
        assert any(
            target.is_up
            and target.scraped_unix_seconds > T0
            and target.labels.items() <= alert.labels.items()
            for target in evidence.targets
        )
        assert evidence.evaluated_unix_seconds >= ENDS


def test_without_prometheus_to_ask_an_evaluation_after_the_end_has_to_do():
    nobody = Evidence(evaluated_unix_seconds=ENDS, targets=None)

    assert judge(a_claim(), nobody, means_down=True) == Ended(ended_unix_seconds=ENDS)
    assert isinstance(
        judge(a_claim(), replace(nobody, evaluated_unix_seconds=ENDS - 1), means_down=True), Held
    )

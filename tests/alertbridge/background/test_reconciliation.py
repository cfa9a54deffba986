"""Ends that were never told, on a real outbox, with a Prometheus that knows as much as a test says."""

from collections.abc import Iterable, Mapping

import pytest

from alertbridge.alerts.episodes import Verdict
from alertbridge.alerts.internal import blind_alert
from alertbridge.alerts.proof import Evidence, Target
from alertbridge.background.ends import EndProver
from alertbridge.background.reconciliation import Reconciliation
from alertbridge.cli.outbox_text import incident_text
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from alertbridge.prometheus.answers import NotKnown
from tests.alertbridge.alert_builders import T0, a_routing, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

WATCHDOG = {"alertname": "Watchdog"}


class History:
    """What fires: *now*, and at every moment of the past *then*."""

    def __init__(self) -> None:
        self.now: tuple[Mapping[str, str], ...] | NotKnown = (WATCHDOG,)
        self.then: tuple[Mapping[str, str], ...] = (WATCHDOG,)

    def at(self, unix_seconds: float | None = None) -> tuple[Mapping[str, str], ...] | NotKnown:
        return self.now if unix_seconds is None else self.then


class Confirming:
    """A Prometheus that evaluates now, knows of no alert, and is answered by every host."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def testify(self, instances: Iterable[str], _heartbeat: str | None) -> Evidence:
        now = self._clock.unix_seconds()
        return Evidence(
            evaluated_unix_seconds=now,
            active={},
            known={},
            targets={
                instance: [Target(labels={"instance": instance}, scraped_unix_seconds=now, is_up=True)]
                for instance in instances
            },
        )


class Desk:
    """The reconciliation and what it works on."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock(T0)
        self.outbox = open_outbox(url, transport="mailgun")
        self.history = History()
        self.verdicts: list[Verdict] = []
        self.reconciliation = Reconciliation(
            open_episodes=self.outbox.intake.open_episodes,
            live=FakeLiveConfig(firing=self.history),
            receive=self.take,
            clock=self.clock,
        )

    def take(self, alerts) -> None:
        taken = self.outbox.intake.take(alerts, a_routing(), self.clock.unix_seconds())
        self.verdicts += taken.verdicts.elements()

    def open(self, alert) -> None:
        """Let *alert* fire: in Prometheus, and told by Alertmanager, with a label more."""
        self.take([alert])
        labels = {name: value for name, value in alert.labels.items() if name != "cluster"}
        self.history.then = self.history.now = (*self.history.then, labels)

    def check_for(self, seconds: float) -> None:
        for _ in range(int(seconds // 60)):
            self.clock.advance(60)
            self.reconciliation.check()

    def prove(self) -> None:
        """Let Prometheus confirm what is claimed: the host answers again."""
        EndProver(
            claims=self.outbox.end_claims,
            live=FakeLiveConfig(witness=Confirming(self.clock)),
            evaluated=lambda: 0.0,
            close=self.take,
            clock=self.clock,
        ).run()

    @property
    def claimed(self) -> int:
        return len(self.outbox.end_claims.claimed())


@pytest.fixture
def desk(tmp_path):
    made = Desk(f"sqlite:///{tmp_path}/bridge.db")
    made.open(an_alert(cluster="berlin"))
    yield made
    made.outbox.close()


def test_leaves_alone_what_still_fires(desk):
    desk.check_for(3600)

    assert desk.claimed == 0


def test_tells_the_end_once_prometheus_has_not_known_the_alert_for_minutes(desk):
    desk.check_for(600)
    desk.history.now = (WATCHDOG,)
    desk.check_for(300)
    assert desk.claimed == 0

    desk.check_for(60)

    assert desk.claimed == 1
    desk.prove()
    assert desk.claimed == 0
    assert desk.outbox.intake.open_episodes() == []
    desk.check_for(3600)
    assert desk.claimed == 0


def test_an_alert_that_comes_back_in_between_goes_on(desk):
    desk.check_for(600)
    present = desk.history.now
    for _ in range(5):
        desk.history.now = (WATCHDOG,)
        desk.check_for(240)
        desk.history.now = present
        desk.check_for(60)

    assert desk.claimed == 0


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(NotKnown(reason="connection refused"), id="Prometheus does not answer"),
        pytest.param((), id="its rules are not evaluated"),
        pytest.param(({"alertname": "Other"},), id="the heartbeat does not fire there"),
    ],
)
def test_believes_no_prometheus_that_may_know_nothing(desk, now):
    desk.history.now = now
    desk.check_for(3600)

    assert desk.claimed == 0


def test_leaves_alone_what_another_prometheus_raised(desk):
    desk.history.now = desk.history.then = (WATCHDOG,)
    desk.check_for(3600)

    assert desk.claimed == 0


def test_leaves_alone_the_alerts_of_the_bridge_itself(desk):
    desk.take([blind_alert(T0, "", ends_unix_seconds=None)])
    desk.history.now = (WATCHDOG,)
    desk.check_for(3600)

    held = desk.outbox.end_claims.held(desk.outbox.end_claims.claimed())
    claimed = [one.claim.episode.alert.labels["host"] for one in held]
    assert claimed == ["web-1"]


def test_it_is_stored_that_alertmanager_sent_no_resolved(desk):
    desk.check_for(600)
    desk.history.now = (WATCHDOG,)
    desk.check_for(360)
    desk.prove()

    claim = desk.outbox.notices.claim(a_routing(), desk.clock.unix_seconds())
    incident = Inspection(desk.outbox.database).incident(claim.incident_id)

    assert incident is not None
    assert [(told.is_over, told.episode.is_end_reconciled) for told in claim.reported] == [(True, True)]
    assert 'Alertmanager sent no "resolved" for web-1; confirmed from Prometheus' in incident_text(incident)


def test_a_notice_that_waits_for_an_end_is_closed_by_the_one_that_is_found(desk):
    notices, now = desk.outbox.notices, desk.clock.unix_seconds
    notices.wait(notices.claim(a_routing(), now()), "the host answers by now", now())
    desk.check_for(600)
    desk.history.now = (WATCHDOG,)
    desk.check_for(360)
    desk.prove()

    claim = notices.claim(a_routing(), now())

    assert [(told.is_over, told.is_news) for told in claim.reported] == [(True, True)]
    assert (claim.sequence, claim.attempts, claim.created_unix_seconds) == (0, 1, now())
    assert notices.claim(a_routing(), now()) is None

"""Ends that were never told, on a real outbox, with a Prometheus that knows as much as a test says."""

from collections.abc import Iterable, Sequence

import pytest

from alertbridge.alerts.episodes import Verdict
from alertbridge.alerts.internal import blind_alert
from alertbridge.alerts.proof import Active, Evidence, Labels, NoEvidence, Target
from alertbridge.background.ends import EndProver
from alertbridge.background.reconciliation import Reconciliation
from alertbridge.cli.outbox_text import incident_text
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig


class History:
    """A Prometheus that knows what it has held active; whether it still does is for a test to say."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.refusal: NoEvidence | None = None
        self.known: list[Labels] = []
        self.scraped: list[str] = []
        self.is_active = True

    def testify(self, _instances: Iterable[str], heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        assert heartbeat == "Watchdog"
        active = [Active(labels=one, since_unix_seconds=T0) for one in self.known if self.is_active]
        evidence = Evidence(
            evaluated_unix_seconds=self._clock.unix_seconds(),
            active={"HostDown": active},
            known={"HostDown": self.known},
            targets={one: [Target(labels={"instance": one})] for one in self.scraped},
        )
        return [self.refusal or evidence]


class Confirming:
    """A Prometheus that evaluates now, knows of no alert, and is answered by every host."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def testify(self, instances: Iterable[str], _heartbeat: str | None) -> Sequence[Evidence]:
        now = self._clock.unix_seconds()
        targets = {
            instance: [Target(labels={"instance": instance}, scraped_unix_seconds=now, is_up=True)]
            for instance in instances
        }
        return [Evidence(evaluated_unix_seconds=now, active={}, known={}, targets=targets)]


class Desk:
    """The reconciliation and what it works on."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock(T0)
        self.outbox = open_outbox(url, transport="mailgun")
        self.history = History(self.clock)
        self.verdicts: list[Verdict] = []
        self.reconciliation = Reconciliation(
            open_episodes=self.outbox.intake.open_episodes,
            live=FakeLiveConfig(witness=self.history),
            receive=self.take,
            clock=self.clock,
        )

    def take(self, alerts) -> None:
        taken = self.outbox.intake.take(alerts, a_routing(), self.clock.unix_seconds())
        self.verdicts += taken.verdicts.elements()

    def open(self, alert) -> None:
        """Let *alert* fire: in Prometheus, and told by Alertmanager, with a label more."""
        self.take([alert])
        self.history.known.append({name: its for name, its in alert.labels.items() if name != "cluster"})

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
            resumed=lambda: 0.0,
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


def test_finds_the_end_of_a_host_that_was_back_more_than_a_day_ago(desk):
    desk.history.known = []
    desk.history.scraped = [an_alert().labels["instance"]]

    desk.check_for(600)

    assert desk.claimed == 1
    desk.prove()
    assert desk.outbox.intake.open_episodes() == []


def test_leaves_alone_what_still_fires(desk):
    desk.check_for(3600)

    assert desk.claimed == 0


def test_tells_the_end_once_prometheus_has_not_known_the_alert_for_minutes(desk):
    desk.check_for(600)
    desk.history.is_active = False
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
    for _ in range(5):
        desk.history.is_active = False
        desk.check_for(240)
        desk.history.is_active = True
        desk.check_for(60)

    assert desk.claimed == 0


def test_believes_no_prometheus_that_may_know_nothing(desk):
    desk.history.is_active = False
    desk.history.refusal = NoEvidence(reason="Prometheus does not evaluate Watchdog")
    desk.check_for(3600)

    assert desk.claimed == 0


def test_leaves_alone_what_another_prometheus_raised(desk):
    desk.history.known.clear()
    desk.check_for(3600)

    assert desk.claimed == 0


def test_leaves_alone_the_alerts_of_the_bridge_itself(desk):
    desk.take([blind_alert(T0, "", ends_unix_seconds=None)])
    desk.history.is_active = False
    desk.check_for(3600)

    held = desk.outbox.end_claims.held(desk.outbox.end_claims.claimed())
    claimed = [one.claim.episode.alert.labels["host"] for one in held]
    assert claimed == ["web-1"]


def test_it_is_stored_that_alertmanager_sent_no_resolved(desk):
    desk.check_for(600)
    desk.history.is_active = False
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
    desk.history.is_active = False
    desk.check_for(360)
    desk.prove()

    claim = notices.claim(a_routing(), now())

    assert [(told.is_over, told.is_news) for told in claim.reported] == [(True, True)]
    assert (claim.sequence, claim.attempts, claim.created_unix_seconds) == (0, 1, now())
    assert notices.claim(a_routing(), now()) is None

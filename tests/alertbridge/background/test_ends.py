"""Proving ends on a real outbox, with a Prometheus that knows as much as a test says."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.payload import parse_payload
from alertbridge.alerts.proof import Active, Evidence, Labels, NoEvidence, Target
from alertbridge.background.ends import EndProver
from alertbridge.cli.outbox_text import incident_text
from alertbridge.outbox.end_claims import HeldClaim
from alertbridge.outbox.health import StoreHealth
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

DOWN, CPU = an_alert(), an_alert(alertname="HighCpu")
SCRAPED = {name: DOWN.labels[name] for name in ("host", "instance", "job")}
RENAMED = {**SCRAPED, "host": "www-1"}


PAYLOADS = Path(__file__).parents[2] / "data/payloads"


class Court:
    """The prover, what is claimed before it, and the one witness there is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = FakeClock(T0)
        self.asked = 0
        self.evidence: Evidence | NoEvidence = NoEvidence(reason="connection refused")
        self.heartbeat_unix_seconds = self.resumed_unix_seconds = 0.0
        self.live = FakeLiveConfig(routing=a_routing(a_user()), witness=self)
        self.incident_id = ""
        self.start()

    def start(self) -> None:
        self.outbox = open_outbox(self.url, transport="mailgun")
        self.prover = EndProver(
            claims=self.outbox.end_claims,
            live=self.live,
            evaluated=lambda: self.heartbeat_unix_seconds,
            resumed=lambda: self.resumed_unix_seconds,
            close=self.close,
            clock=self.clock,
        )

    def testify(self, _instances: Iterable[str], _heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        self.asked += 1
        return [self.evidence]

    def take(self, alerts: Sequence[Alert]) -> None:
        self.outbox.intake.take(alerts, self.live.routing, self.clock.unix_seconds())

    def close(self, ends: Sequence[Alert]) -> None:
        self.outbox.intake.close(ends, self.live.routing, self.clock.unix_seconds())

    def claim(self, alert: Alert) -> None:
        """Let Alertmanager say that *alert*, which is open, has ended."""
        self.take([replace(alert, is_firing=False, ends_unix_seconds=self.clock.unix_seconds())])

    def knows(self, *targets: Target, active: Sequence[Labels] = ()) -> None:
        by_instance = {SCRAPED["instance"]: targets} if targets else {}
        self.evidence = Evidence(
            evaluated_unix_seconds=self.clock.unix_seconds() + 1,
            active={
                name: [Active(labels=one, since_unix_seconds=T0) for one in active]
                for name in ("HighCpu", "HostDown")
            },
            known={"HighCpu": [CPU.labels], "HostDown": [DOWN.labels]},
            targets=by_instance,
        )

    def run_for(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.prover.run()

    def reported(self) -> list[tuple[str, str, float | None]]:
        """Return what is reported by now: of each alert its name, its kind, and when it ended."""
        found = []
        while claim := self.outbox.notices.claim(self.live.routing, self.clock.unix_seconds()):
            self.incident_id = claim.incident_id
            self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
            for one in claim.reported:
                (classified,) = self.live.routing.classify([(one.episode.alert, one.is_over)])
                ended = one.episode.ended_unix_seconds
                found.append((one.episode.alert.labels["alertname"], str(classified.kind), ended))
        return found

    def explained(self) -> str:
        incident = Inspection(self.outbox.database).incident(self.incident_id)
        assert incident is not None
        return incident_text(incident)


def target(labels: Labels = SCRAPED, *, is_up: bool, at: float, back: float | None = None) -> Target:
    return Target(labels=labels, scraped_unix_seconds=at, is_up=is_up, back_unix_seconds=back)


def held_by(court: Court) -> Sequence[HeldClaim]:
    return court.outbox.end_claims.held(court.outbox.end_claims.claimed())


@pytest.fixture
def court(tmp_path):
    made = Court(f"sqlite:///{tmp_path}/bridge.db")
    made.take([DOWN])
    assert [kind for _, kind, _ in made.reported()] == ["DOWN"]
    made.clock.advance(300)
    yield made
    made.outbox.close()


def test_nothing_is_reported_of_an_end_while_prometheus_cannot_be_asked(court):
    court.claim(DOWN)
    court.run_for(3590)
    assert StoreHealth(court.outbox, court.clock).warnings() == []
    court.run_for(20)

    assert court.reported() == []
    (held,) = court.outbox.end_claims.held(court.outbox.end_claims.claimed())
    assert (held.claimed_unix_seconds, held.reason) == (T0 + 300, "connection refused")
    assert '"resolved" for web-1, held until it is confirmed: connection refused' in court.explained()
    (warning,) = StoreHealth(court.outbox, court.clock).warnings()
    assert warning.startswith("1 resolved alert is not confirmed, the oldest for 1 h")
    assert warning.endswith(": connection refused")


def test_a_host_is_up_since_the_first_scrape_that_it_answered_again(court):
    court.claim(DOWN)
    court.knows(target(is_up=True, at=T0 + 300, back=T0 + 285))
    court.run_for(2)

    assert court.reported() == [("HostDown", "UP", T0 + 285)]
    assert court.outbox.end_claims.claimed() == {}
    assert 'Alertmanager sent "resolved" for web-1; confirmed\n' in court.explained()


def test_the_end_of_a_host_that_is_still_down_is_held_until_it_fires_again(court):
    court.claim(DOWN)
    court.knows(target(is_up=False, at=T0 + 300))
    court.run_for(600)
    court.take([DOWN])

    assert court.reported() == []
    assert court.outbox.end_claims.claimed() == {}
    assert [one.number for one in court.outbox.intake.open_episodes()] == [1]


def test_each_of_two_exporters_on_one_host_is_ok_by_its_own_scrapes_and_the_host_is_never_up(court):
    mysqld = an_alert("", job="mysqld", instance="db-1:9104")
    node = an_alert("", job="node", instance="db-1:9100")
    court.take([mysqld, node])
    assert [kind for _, kind, _ in court.reported()] == ["CRITICAL", "CRITICAL"]
    court.clock.advance(300)

    court.claim(mysqld)
    court.claim(node)
    court.knows()
    court.evidence = replace(
        court.evidence,
        targets={
            "db-1:9104": [target({"job": "mysqld", "instance": "db-1:9104"}, is_up=True, at=T0 + 600)],
            "db-1:9100": [target({"job": "node", "instance": "db-1:9100"}, is_up=False, at=T0 + 600)],
        },
    )
    court.run_for(2)

    assert court.reported() == [("HostDown", "OK", T0 + 600)]
    assert [held.claim.episode.alert.labels["job"] for held in held_by(court)] == ["node"]


def test_an_alert_that_prometheus_holds_active_has_not_ended(court):
    court.take([CPU])
    court.reported()
    court.claim(CPU)
    court.knows(active=[CPU.labels])
    court.run_for(60)
    assert court.reported() == []

    court.knows()
    court.run_for(80)
    assert [(name, kind) for name, kind, _ in court.reported()] == [("HighCpu", "OK")]


@pytest.mark.parametrize(
    ("targets", "watched_as"),
    [((), ""), ((target(RENAMED, is_up=True, at=T0 + 300),), "www-1")],
    ids=["removed", "renamed"],
)
def test_a_host_that_is_not_watched_any_more_is_reported_as_that_once_it_stays_so(court, targets, watched_as):
    court.claim(DOWN)
    court.knows(*targets)
    court.run_for(50)
    assert court.reported() == []

    court.run_for(30)
    assert [(name, kind) for name, kind, _ in court.reported()] == [("HostDown", "ENDED")]
    now = f"; its address is watched as {watched_as}" if watched_as else ""
    assert f"web-1 is not watched any more{now}\n" in court.explained()


def test_a_target_that_is_missing_for_a_moment_only_is_waited_for(court):
    court.claim(DOWN)
    court.knows()
    court.run_for(50)
    court.knows(target(is_up=False, at=T0 + 340))
    court.run_for(30)
    court.knows()
    court.run_for(50)

    assert court.reported() == []


def test_after_a_suspend_of_the_machine_prometheus_has_to_evaluate_anew(court):
    court.claim(DOWN)
    court.knows(target(is_up=True, at=T0 + 300, back=T0 + 285))
    court.resumed_unix_seconds = T0 + 310
    court.run_for(15)
    assert court.reported() == []

    court.knows(target(is_up=True, at=T0 + 315, back=T0 + 285))
    court.run_for(15)
    assert [(name, kind) for name, kind, _ in court.reported()] == [("HostDown", "UP")]


def test_what_is_held_outlasts_a_restart(court):
    court.claim(DOWN)
    court.run_for(5)
    court.outbox.close()
    court.start()
    court.knows(target(is_up=True, at=T0 + 310, back=T0 + 290))
    court.run_for(2)

    assert court.reported() == [("HostDown", "UP", T0 + 290)]


def test_without_prometheus_an_end_counts_once_a_heartbeat_is_newer(court):
    court.live.witness = None
    court.claim(DOWN)
    court.heartbeat_unix_seconds = T0 + 299
    court.run_for(60)
    assert court.reported() == []

    court.heartbeat_unix_seconds = T0 + 301
    court.run_for(80)
    assert court.reported() == [("HostDown", "UP", T0 + 300)]


def test_an_end_from_grafana_which_prometheus_does_not_know_counts_once_a_heartbeat_is_newer(court):
    fires, _ = parse_payload((PAYLOADS / "grafana-11.json").read_bytes(), T0 + 300).alerts
    court.take([fires])
    assert [kind for _, kind, _ in court.reported()] == ["WARN"]
    court.knows()
    court.claim(fires)
    court.heartbeat_unix_seconds = T0 + 299
    court.run_for(60)
    assert court.reported() == []

    court.knows()
    court.heartbeat_unix_seconds = T0 + 301
    court.run_for(80)
    assert court.reported() == [("High CPU", "OK", T0 + 300)]


def test_prometheus_is_asked_at_once_of_a_new_claim_and_seldom_of_old_ones(court):
    court.run_for(60)
    assert court.asked == 0

    court.claim(DOWN)
    court.run_for(1)
    assert court.asked == 1
    court.run_for(59)
    assert court.asked <= 12
    asked = court.asked
    court.run_for(600)
    assert court.asked - asked <= 60


def test_what_is_over_before_anybody_was_notified_is_never_reported_as_going_on(court):
    court.take([CPU])
    court.claim(CPU)
    assert court.reported() == []

    court.knows()
    court.run_for(1)
    assert [(name, kind) for name, kind, _ in court.reported()] == [("HighCpu", "OK")]


def test_news_waits_no_longer_than_three_seconds_for_a_proof(court):
    court.take([CPU])
    court.claim(CPU)
    court.run_for(3)

    assert [(name, kind) for name, kind, _ in court.reported()] == [("HighCpu", "CRITICAL")]


def test_an_alert_that_fires_again_while_prometheus_is_asked_stays_open(court):
    court.claim(DOWN)
    court.knows(target(is_up=True, at=T0 + 300, back=T0 + 285))
    proven = replace(DOWN, is_firing=False, ends_unix_seconds=T0 + 285, is_proven=True)
    court.take([DOWN])
    court.close([proven])

    assert court.reported() == []
    assert [one.number for one in court.outbox.intake.open_episodes()] == [1]


def test_an_end_that_was_held_for_long_has_to_be_seen_for_a_minute(court):
    """After a restart, the first evaluations of Prometheus may be from before its first scrapes."""
    court.take([CPU])
    court.reported()
    court.claim(CPU)
    court.run_for(600)
    court.knows()
    court.run_for(50)
    assert court.reported() == []
    court.knows(active=[CPU.labels])
    court.run_for(60)
    assert court.reported() == []

    court.knows()
    court.run_for(80)
    assert [(name, kind) for name, kind, _ in court.reported()] == [("HighCpu", "OK")]


def test_many_claims_are_judged_in_turns(court):
    alerts = [an_alert(f"web-{number}", alertname="HighCpu") for number in range(250)]
    court.take(alerts)
    for alert in alerts:
        court.claim(alert)

    rounds = [court.prover.run() for _ in range(3)]

    assert rounds == [True, True, False]
    assert court.asked == 3

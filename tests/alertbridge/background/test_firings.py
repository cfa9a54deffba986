"""Settling disputed firings on a real outbox, with a Prometheus that knows as much as a test says."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.disputes import Past
from alertbridge.alerts.episodes import Episode
from alertbridge.alerts.proof import Active, Evidence, NoEvidence, Target
from alertbridge.background.firings import FiringJudge
from alertbridge.background.reopening import Reopening
from alertbridge.cli.outbox_text import incident_text
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from alertbridge.prometheus.past import Question
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

DOWN, CPU = an_alert(), an_alert(alertname="HighCpu")
UP = {name: DOWN.labels[name] for name in ("host", "instance", "job")}
AWAY = Target(labels=UP, scraped_unix_seconds=T0 + 400, is_up=False)


class Court:
    """The judge, what is disputed before it, and the one witness there is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = FakeClock(T0)
        self.known: Past | NoEvidence = Past()
        self.asked: list[Question] = []
        self.evidence: Evidence | NoEvidence = NoEvidence(reason="connection refused")
        self.times_asked = 0
        self.live = FakeLiveConfig(routing=a_routing(a_user()), witness=self, past=self)
        self.start()

    def start(self) -> None:
        self.outbox = open_outbox(self.url, transport="mailgun")
        self.judge = FiringJudge(
            disputes=self.outbox.disputes, live=self.live, settle=self.settle, clock=self.clock
        )
        self.reopening = Reopening(
            ended=self.outbox.intake, live=self.live, receive=self.take_all, clock=self.clock
        )

    def between(self, asked: Sequence[Question], _heartbeat: str) -> Sequence[Past | NoEvidence]:
        self.asked += asked
        return [self.known] * len(asked)

    def testify(self, _instances: Iterable[str], _heartbeat: str | None) -> Sequence[Evidence | NoEvidence]:
        self.times_asked += 1
        return [self.evidence]

    def holds_active(self, *alerts: Alert, since: float = T0 - 60) -> None:
        self.evidence = Evidence(
            evaluated_unix_seconds=self.clock.unix_seconds(),
            active={
                one.labels["alertname"]: [Active(labels=one.labels, since_unix_seconds=since)]
                for one in alerts
            },
            known={},
            targets={UP["instance"]: [AWAY]},
        )

    def take_all(self, alerts: Sequence[Alert]) -> None:
        self.outbox.intake.take(alerts, self.live.routing, self.clock.unix_seconds())

    def take(self, *alerts: Alert) -> None:
        self.take_all(alerts)

    def settle(self, firings: Sequence[Alert]) -> None:
        self.outbox.intake.settle(firings, self.live.routing, self.clock.unix_seconds())

    def run_for(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.clock.advance(0.5)
            self.judge.settle_starts()
            if self.clock.unix_seconds() % 5 == 0:
                self.judge.settle_repeats()

    def mails(self) -> list[tuple[str, int, list[str]]]:
        """Return what is reported by now: of each mail its incident, its place there, and its kinds."""
        found = []
        while claim := self.outbox.notices.claim(self.live.routing, self.clock.unix_seconds()):
            self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
            pairs = [(one.episode.alert, one.is_over) for one in claim.reported]
            kinds = [str(one.kind) for one in self.live.routing.classify(pairs)]
            found.append((claim.incident_id, claim.sequence, kinds))
        return found

    def corrections(self) -> list[bool]:
        """Return of what is reported next whether it corrects an earlier mail."""
        claim = self.outbox.notices.claim(self.live.routing, self.clock.unix_seconds())
        assert claim is not None
        self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
        return [one.is_correction for one in claim.reported]

    def latest(self) -> list[Episode]:
        return self.outbox.intake.open_episodes()


@pytest.fixture
def court(tmp_path):
    made = Court(f"sqlite:///{tmp_path}/bridge.db")
    made.take(DOWN)
    yield made
    made.outbox.close()


def later(alert: Alert, seconds: float) -> Alert:
    return replace(alert, starts_unix_seconds=alert.starts_unix_seconds + seconds)


def end_of(alert: Alert, ends: float) -> Alert:
    return replace(alert, is_firing=False, ends_unix_seconds=ends, is_proven=True)


def claimed(alert: Alert, ends: float) -> Alert:
    return replace(end_of(alert, ends), is_proven=False)


def test_a_host_that_answered_no_scrape_in_between_is_down_all_the_time(court):
    ((thread, _, _),) = court.mails()
    for restart in range(1, 4):
        court.clock.advance(300)
        court.take(later(DOWN, 300 * restart))
        court.run_for(5)
    assert court.mails() == []
    assert [one.number for one in court.latest()] == [1]
    assert {(one.since_unix_seconds, one.is_of_target) for one in court.asked} == {
        (T0, True),
        (T0 + 300, True),
        (T0 + 600, True),
    }

    court.take(end_of(DOWN, T0 + 950))
    assert court.mails() == [(thread, 1, ["UP"])]


def test_one_that_answered_in_between_has_been_down_twice(court):
    ((first, _, _),) = court.mails()
    court.known = Past(answered_unix_seconds=T0 + 120)
    court.clock.advance(300)
    court.take(later(DOWN, 300))
    court.run_for(1)

    up, down = sorted(court.mails(), key=lambda mail: mail[2], reverse=True)
    assert up == (first, 1, ["UP"])
    assert down[1:] == (0, ["DOWN"])


def test_what_prometheus_does_not_say_within_three_seconds_is_another_outage(court):
    court.mails()
    court.known = NoEvidence(reason="connection refused")
    court.take(later(DOWN, 300))
    court.judge.settle_starts()
    assert court.mails() == []

    court.run_for(0.5)
    assert [kinds for _, _, kinds in court.mails()] == [["DOWN"]]


def test_without_prometheus_a_later_start_is_another_firing(court):
    court.live.witness = court.live.past = None
    court.mails()
    court.take(later(DOWN, 300))
    court.run_for(0.5)

    assert [kinds for _, _, kinds in court.mails()] == [["DOWN"]]


def test_a_dispute_outlasts_a_restart(court):
    court.mails()
    court.take(later(DOWN, 300))
    court.outbox.close()
    court.start()
    court.known = Past(answered_unix_seconds=T0 + 120)
    court.run_for(1)

    assert sorted(kinds for _, _, kinds in court.mails()) == [["DOWN"], ["UP"]]


def test_a_late_repeat_after_the_end_changes_nothing(court):
    court.take(end_of(DOWN, T0 + 60))
    court.mails()
    court.clock.advance(65)
    court.take(DOWN)
    court.holds_active()
    court.run_for(6)
    asked = court.times_asked
    court.run_for(30)

    assert (court.mails(), court.latest(), court.times_asked) == ([], [], asked)


@pytest.mark.parametrize("finds", ["Alertmanager", "the bridge"])
def test_an_end_that_was_wrong_is_corrected_in_the_same_thread(court, finds):
    court.clock.advance(60)
    court.mails()
    court.take(end_of(DOWN, T0 + 60))
    ((thread, _, kinds),) = court.mails()
    assert kinds == ["UP"]
    court.clock.advance(200)

    court.holds_active(DOWN)
    if finds == "Alertmanager":
        court.take(DOWN)
    else:
        court.reopening.check()
    court.run_for(5)

    assert court.mails() == [(thread, 2, ["DOWN"])]
    (episode,) = court.latest()
    assert (episode.number, episode.reopened_unix_seconds) == (1, T0 + 265)

    court.take(end_of(DOWN, T0 + 400))
    assert court.mails() == [(thread, 3, ["UP"])]
    incident = Inspection(court.outbox.database).incident(thread)
    assert incident is not None
    assert "HostDown found to go on for web-1: its end was wrong" in incident_text(incident)


def test_who_was_not_notified_of_the_end_is_not_notified_that_there_was_none(court):
    court.mails()
    court.take(end_of(DOWN, T0 + 60))
    court.holds_active(DOWN)
    court.take(DOWN)
    court.run_for(5)

    assert court.mails() == []
    assert [one.number for one in court.latest()] == [1]


def test_an_end_that_is_being_mailed_while_it_is_found_wrong_is_corrected(court):
    court.mails()
    court.take(end_of(DOWN, T0 + 60))
    claim = court.outbox.notices.claim(court.live.routing, court.clock.unix_seconds())
    assert claim is not None
    court.holds_active(DOWN)
    court.take(DOWN)
    court.run_for(5)
    court.outbox.notices.accept(claim, "id", court.clock.unix_seconds(), last_answered={})

    assert [kinds for _, _, kinds in court.mails()] == [["DOWN"]]
    court.take(end_of(DOWN, T0 + 400))
    assert [kinds for _, _, kinds in court.mails()] == [["UP"]]


def test_what_prometheus_cannot_say_of_an_end_waits_and_is_asked_seldom(court):
    court.mails()
    court.take(end_of(DOWN, T0 + 60))
    court.mails()
    court.take(DOWN)
    court.run_for(60)
    assert (court.mails(), court.times_asked <= 13) == ([], True)

    court.holds_active(DOWN)
    court.run_for(10)
    assert [kinds for _, _, kinds in court.mails()] == [["DOWN"]]


def test_an_alert_that_fires_again_is_not_taken_for_one_that_goes_on(court):
    court.take(end_of(DOWN, T0 + 60))
    court.mails()
    court.holds_active(DOWN, since=T0 + 70)
    court.reopening.check()
    court.run_for(1)

    assert (court.mails(), court.latest()) == ([], [])


def test_other_alerts_are_judged_by_how_long_their_rule_was_idle(court):
    court.take(CPU)
    court.mails()
    court.known = Past(idle_seconds=30)
    court.take(later(CPU, 300))
    court.run_for(1)
    assert court.mails() == []

    court.known = Past(idle_seconds=90)
    court.take(later(CPU, 600))
    court.run_for(1)
    assert [kinds for _, _, kinds in court.mails()] == [["CRITICAL"]]


def test_a_restart_that_was_settled_is_not_asked_about_again(court):
    court.mails()
    court.take(later(DOWN, 300))
    court.run_for(1)
    asked = len(court.asked)
    court.known = NoEvidence(reason="HTTP 503")
    court.take(later(DOWN, 300))
    court.run_for(10)

    assert (court.mails(), len(court.asked)) == ([], asked)


def test_an_older_claim_does_not_outlive_the_firing_that_refutes_it(court):
    """Alertmanager's time-out, then Prometheus' restart, and much later the true end."""
    court.mails()
    court.clock.advance(300)
    court.take(claimed(DOWN, T0 + 240))
    court.take(later(DOWN, 300))
    court.run_for(1)
    assert court.outbox.end_claims.claimed() == {}

    court.clock.advance(11_000)
    court.take(claimed(DOWN, T0 + 11_201))
    (held,) = court.outbox.end_claims.held(court.outbox.end_claims.claimed())
    assert held.claim.ends_unix_seconds == T0 + 11_201


def test_the_end_of_a_disputed_firing_is_that_of_its_own_episode(court):
    court.mails()
    court.known = Past(answered_unix_seconds=T0 + 120)
    court.clock.advance(400)
    court.take(later(DOWN, 300))
    court.take(claimed(DOWN, T0 + 390))
    court.run_for(1)

    (key,) = court.outbox.end_claims.claimed()
    assert key == (DOWN.alert_id, 2)


def test_a_firing_that_is_disputed_while_the_episode_before_it_closes_is_not_forgotten(court):
    court.mails()
    court.take(later(DOWN, 300))
    court.take(end_of(DOWN, T0 + 200))
    court.run_for(10)

    assert sorted(kinds for _, _, kinds in court.mails()) == [["DOWN"], ["UP"]]


def test_a_newer_firing_is_not_settled_with_an_older_one(court):
    court.mails()
    older, newer = later(DOWN, 300), later(DOWN, 900)
    court.take(older)
    (dispute,) = court.outbox.disputes.of_open_episodes(9)
    court.take(newer)
    court.outbox.disputes.settle_as_repeats([dispute.disputed])
    court.take(older)

    (left,) = court.outbox.disputes.of_open_episodes(9)
    assert left.disputed.alert.starts_unix_seconds == T0 + 900


def test_what_ends_before_its_correction_has_left_is_not_reported_twice(court):
    court.mails()
    court.take(end_of(DOWN, T0 + 60))
    assert [kinds for _, _, kinds in court.mails()] == [["UP"]]
    court.holds_active(DOWN)
    court.take(DOWN)
    court.run_for(5)
    court.take(end_of(DOWN, T0 + 70))

    assert court.mails() == []


def test_a_mail_says_that_an_earlier_one_was_wrong_and_the_next_ones_do_not(court):
    assert court.corrections() == [False]
    court.take(end_of(DOWN, T0 + 60))
    assert court.corrections() == [False]
    court.holds_active(DOWN)
    court.take(DOWN)
    court.run_for(5)
    assert court.corrections() == [True]
    court.take(end_of(DOWN, T0 + 400))
    assert court.corrections() == [False]


def test_of_an_alert_without_an_instance_its_rule_is_asked(court):
    lost = an_alert("", alertname="HostDown")
    court.take(lost)
    court.mails()
    court.known = Past(idle_seconds=600)
    court.take(later(lost, 900))
    court.run_for(1)

    assert [kinds for _, _, kinds in court.mails()] == [["CRITICAL"]]


def test_a_late_repeat_that_was_received_soon_after_the_end_stays_one_after_a_restart(court):
    court.live.witness = court.live.past = None
    court.mails()
    court.take(end_of(DOWN, T0 + 1))
    court.mails()
    court.take(DOWN)
    court.clock.advance(400)
    court.run_for(10)

    assert court.mails() == []


def test_a_thousand_hosts_that_restart_together_are_settled_at_once(court):
    hosts = [an_alert(f"web-{number}") for number in range(2, 1002)]
    court.take(*hosts)
    court.mails()
    court.take(*(later(host, 300) for host in hosts))
    court.run_for(0.5)

    assert court.mails() == []
    assert court.outbox.disputes.of_open_episodes(9) == []

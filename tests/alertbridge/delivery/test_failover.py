"""Failover: when it is on, for which mails, and that nothing comes twice."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from alertbridge.delivery.failover import CircuitBreaker, Failover, PrimaryTransport
from alertbridge.delivery.mailer import (
    Absent,
    Accepted,
    Ambiguous,
    Found,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
    Unanswered,
    Unknowable,
)
from alertbridge.routing.limits import LimitSettings
from tests.alertbridge.alert_builders import an_alert
from tests.alertbridge.delivery.post import Post, Records
from tests.fakes.mailer import FakeMailer

AFTER = 300
MAX_AGE = 3600
FAILURES = [
    pytest.param(NotSent(reason="refused"), id="unreachable"),
    pytest.param(TransportPaused(reason="key refused"), id="paused"),
    pytest.param(TransportPaused(reason="limit", for_seconds=86_400), id="paused for a day"),
]


class FailoverPost(Post):
    """A courier with Mailgun as the primary transport and a mail server as the secondary."""

    def __init__(self, path) -> None:
        super().__init__(path)
        self.mailgun, self.smtp = self.mailer, FakeMailer("SMTP server mx.example.org")
        primary = PrimaryTransport(self.mailgun, self, self.clock)
        breaker = CircuitBreaker(AFTER, self.clock)
        failover = Failover(primary, self.smtp, breaker, self.clock, self.metrics)
        self.dispatch = lambda: failover

    def find(self, message_id):
        return self.records.find(message_id)

    def fall_into_trouble(self, outcome: Outcome, seconds: float = AFTER + 1) -> None:
        """Let Mailgun fail like this until the failover is on, on account of one mail."""
        self.mailgun.answer_always(outcome)
        self.take(an_alert("first"))
        self.work_for(seconds, step=5)

    @property
    def is_failover_on(self) -> float | None:
        return self.sample("alertbridge_second_lane_in_use")


@pytest.fixture
def post(tmp_path):
    made = FailoverPost(tmp_path / "bridge.db")
    yield made
    made.outbox.close()


def subjects(mailer: FakeMailer) -> list[str]:
    return [mail.subject for mail in mailer.accepted]


def test_mail_leaves_by_the_primary_as_long_as_that_works(post):
    post.take(an_alert("web-1"), an_alert("web-2"))
    post.work()

    assert (len(post.mailgun.accepted), post.smtp.tried, post.is_failover_on) == (2, [], 0)


@pytest.mark.parametrize("outcome", FAILURES[:2])
def test_short_trouble_is_waited_for(post, outcome):
    post.fall_into_trouble(outcome, seconds=AFTER / 5)  # the next attempt comes well before AFTER
    post.mailgun.accept_again()
    post.work_for(300, step=5)

    assert (subjects(post.mailgun), post.smtp.tried) == (["first=down"], [])


@pytest.mark.parametrize("outcome", FAILURES)
def test_lasting_trouble_turns_mail_to_the_secondary_at_once(post, outcome, caplog):
    post.fall_into_trouble(outcome)
    post.take(an_alert("web-1"), an_alert("web-2"))
    post.work()

    assert sorted(subjects(post.smtp)) == ["first=down", "web-1=down", "web-2=down"]
    assert (post.is_failover_on, post.dead) == (1, 0)
    (on,) = [record for record in caplog.records if record.msg == "primary transport failing, failover on"]
    assert vars(on)["secondary"] == "SMTP server mx.example.org"


def test_the_primary_is_tried_once_a_minute_and_the_mail_does_not_wait_for_that(post):
    post.fall_into_trouble(NotSent(reason="refused"))
    tried = len(post.mailgun.tried)

    for number in range(18):
        post.take(an_alert("web-1", alertname=f"Alert{number}"))
        post.work()
        post.clock.advance(10)

    assert len(post.smtp.accepted) == 19
    assert 2 <= len(post.mailgun.tried) - tried <= 3


def test_a_pause_that_the_primary_asked_for_is_kept(post):
    post.fall_into_trouble(TransportPaused(reason="limit", for_seconds=3000))
    tried = len(post.mailgun.tried)

    for number in range(4):
        post.take(an_alert("web-1", alertname=f"Alert{number}"))
        post.work()
        post.clock.advance(600)

    assert len(post.mailgun.tried) == tried
    assert len(post.smtp.accepted) == 5


@pytest.mark.parametrize("outcome", FAILURES[:2])
def test_mail_goes_back_to_the_primary_by_itself(post, outcome, caplog):
    caplog.set_level("INFO")
    post.fall_into_trouble(outcome)
    post.mailgun.accept_again()
    post.clock.advance(60)
    post.take(an_alert("web-1"))
    post.work()
    post.take(an_alert("web-2"))
    post.work()

    assert subjects(post.smtp) == ["first=down"]
    assert subjects(post.mailgun) == ["web-1=down", "web-2=down"]
    assert post.is_failover_on == 0
    (off,) = [
        record for record in caplog.records if record.msg == "primary transport recovered, failover off"
    ]
    assert (vars(off)["primary"], vars(off)["secondary"]) == ("fake", "SMTP server mx.example.org")


@pytest.mark.parametrize(
    "finding", [Unknowable(), Unanswered(reason="500")], ids=["unknowable", "unanswered"]
)
def test_an_ambiguous_mail_waits_for_the_primary_and_holds_up_no_other(post, finding):
    post.records = Records(finding)
    post.fall_into_trouble(Ambiguous(reason="500"))
    post.take(an_alert("web-1"))
    post.work_for(1500, step=30)
    by_second = subjects(post.smtp)
    post.mailgun.accept_again()
    post.work_for(1800, step=30)

    assert by_second == ["web-1=down"]
    assert (subjects(post.mailgun), subjects(post.smtp)) == (["first=down"], ["web-1=down"])
    assert len({mail.message_id for mail in post.mailgun.tried}) == 1


def test_an_ambiguous_mail_that_the_primary_has_is_settled_in_the_midst_of_trouble(post):
    post.records = Records(Absent(), Absent(), Absent(), Absent(), Found(provider_id="<id>"))
    post.fall_into_trouble(Ambiguous(reason="500"), seconds=1200)

    assert post.taken == ["ann"]
    assert post.smtp.tried == []


def test_an_ambiguous_mail_that_the_primary_proves_not_to_have_leaves_by_the_second(post):
    post.records = Records(Absent())
    post.fall_into_trouble(Ambiguous(reason="500"), seconds=1700)
    before = subjects(post.smtp)
    post.work_for(1800, step=30)

    assert (before, subjects(post.smtp)) == ([], ["first=down"])
    assert post.smtp.tried[0].message_id == post.mailgun.tried[0].message_id
    assert post.sample("alertbridge_ambiguous_total", resolved_by="resent") == 1


@pytest.mark.parametrize("outcome", [RecipientRefused(reason="bad"), MessageRefused(reason="bad")])
def test_what_the_primary_refuses_for_good_does_not_go_to_the_second(post, outcome):
    post.fall_into_trouble(NotSent(reason="refused"))
    post.mailgun.answer_always(outcome)
    post.clock.advance(60)
    post.take(an_alert("web-1"))
    post.work()

    assert (post.dead, subjects(post.smtp)) == (1, ["first=down"])


def test_when_both_fail_mail_waits_for_the_primary_to_recover(post):
    post.smtp.answer_always(NotSent(reason="refused too"))
    post.fall_into_trouble(TransportPaused(reason="key refused"), seconds=1800)
    post.smtp.accept_again()
    post.work_for(900, step=30)

    assert subjects(post.smtp) == ["first=down"]


def test_a_mail_that_the_secondary_refuses_waits_for_the_primary_alone(post):
    post.smtp.answer_always(MessageRefused(reason="552 too large"))
    post.fall_into_trouble(NotSent(reason="refused"), seconds=2 * MAX_AGE)
    dead, tried_by_smtp = post.dead, len(post.smtp.tried)
    post.mailgun.accept_again()
    post.work_for(65, step=5)

    assert (dead, tried_by_smtp > 50) == (0, True)
    assert (subjects(post.smtp), subjects(post.mailgun)) == ([], ["first=down"])


def test_mail_leaves_by_the_primary_when_the_secondary_is_paused_as_soon_as_that_recovers(post):
    post.smtp.answer_always(TransportPaused(reason="554 relay access denied"))
    post.fall_into_trouble(TransportPaused(reason="key refused"), seconds=2 * MAX_AGE)
    tried_by_smtp, dead = len(post.smtp.tried), post.dead
    post.mailgun.accept_again()
    post.work_for(65, step=5)

    assert (tried_by_smtp > 50, dead) == (True, 0)
    assert (subjects(post.mailgun), post.smtp.accepted) == (["first=down"], [])


def test_a_pause_of_the_secondary_says_what_is_wrong_with_both(post):
    post.smtp.answer_always(TransportPaused(reason="mx.example.org:587 said 554: relay access denied"))
    post.fall_into_trouble(NotSent(reason="the mail did not reach api.mailgun.net: timed out"))

    assert post.backlog.pause_reason == (
        "mx.example.org:587 said 554: relay access denied; "
        "and fake: the mail did not reach api.mailgun.net: timed out"
    )


def test_a_recipient_whom_the_secondary_delays_holds_up_no_other_and_never_expires(post):
    delayed = NotSent(reason="relay access denied", try_within_seconds=60, is_counted=False)
    post.smtp.answer_always(delayed)
    post.fall_into_trouble(TransportPaused(reason="key refused"), seconds=2 * MAX_AGE)
    tried = len(post.smtp.tried)
    post.smtp.answer_next(delayed)
    post.smtp.answer_always(Accepted(provider_id="queued"))
    post.take(an_alert("web-1"), an_alert("web-2"))
    post.work()
    at_once = len(post.smtp.accepted)
    post.work_for(65, step=5)

    assert (post.dead, 100 < tried < 130) == (0, True)
    assert at_once in (1, 2)
    assert sorted(subjects(post.smtp)) == ["first=down", "web-1=down", "web-2=down"]


def test_a_mail_that_the_secondary_leaves_ambiguous_is_repeated_by_it(post):
    post.smtp.answer_next(Ambiguous(reason="no reply"))
    post.fall_into_trouble(NotSent(reason="refused"))
    post.work_for(1000, step=20)

    assert (subjects(post.smtp), post.dead) == (["first=down"], 0)
    assert len({mail.message_id for mail in post.smtp.tried}) == 1


def test_a_mail_that_the_secondary_leaves_ambiguous_twice_waits_for_the_primary(post):
    post.smtp.answer_always(Ambiguous(reason="no reply"))
    post.fall_into_trouble(NotSent(reason="refused"), seconds=1800)
    by_smtp = len(post.smtp.tried)
    post.mailgun.accept_again()
    post.work_for(1800, step=30)

    assert (by_smtp, len(post.smtp.tried), subjects(post.mailgun)) == (2, 2, ["first=down"])
    assert post.mailgun.accepted[0].message_id == post.smtp.tried[0].message_id


def test_nothing_comes_twice_and_nothing_is_lost_whatever_the_primary_does(post):
    """Trouble of all kinds, 10 minutes each, and a new alert every 20 s."""
    kinds = [param.values[0] for param in FAILURES] + [Ambiguous(reason="500"), None]
    post.records = Records(Absent())
    post.routing = replace(post.routing, limits=LimitSettings(mails_per_hour=1000))
    for number in range(300):
        outcome = kinds[number // 30 % len(kinds)]
        if outcome is None:
            post.mailgun.accept_again()
        else:
            post.mailgun.answer_always(outcome)
        post.take(an_alert(f"web-{number}", alertname=f"Alert{number}"))
        post.work()
        post.clock.advance(20)
    post.mailgun.accept_again()
    post.work_for(7200, step=60)

    arrived = Counter(subjects(post.mailgun) + subjects(post.smtp))
    assert len(arrived) == 300
    assert set(arrived.values()) == {1}
    assert len(post.smtp.accepted) > 20


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_or_dead_whatever_both_do_unless_an_address_is_refused(post, seed):
    """Trouble of all kinds on both sides, some minutes each, and a new alert every 20 s."""
    chance = random.Random(seed)
    delayed = NotSent(reason="relay access denied", try_within_seconds=60, is_counted=False)
    trouble = [param.values[0] for param in FAILURES]
    of_smtp = [*trouble, delayed, MessageRefused(reason="too large")]
    post.records = Records(Absent())
    for number in range(150):
        for mailer, kinds in ((post.mailgun, trouble), (post.smtp, of_smtp)):
            if chance.random() < 0.1:
                mailer.accept_again()
            elif chance.random() < 0.2:
                mailer.answer_always(chance.choice(kinds))
        post.take(an_alert(f"web-{number}", alertname=f"Alert{number}"))
        post.work()
        post.clock.advance(20)
    post.mailgun.accept_again()
    post.work_for(7200, step=60)

    arrived = Counter(subjects(post.mailgun) + subjects(post.smtp))
    assert (len(arrived), set(arrived.values()), post.dead) == (150, {1}, 0)

"""Intake and notices together, on a real SQLite file: what a post changes, and the notices that follow."""

from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from alertbridge.alerts.episodes import Verdict
from alertbridge.outbox.intake import Taken
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox, hosts


@pytest.fixture
def outbox(tmp_path):
    with closing(Outbox(tmp_path / "bridge.db")) as made:
        yield made


def test_a_new_alert_makes_a_notice_for_each_recipient(outbox):
    outbox.routing = a_routing(a_user("ann"), a_user("bob", hosts=("db-*",)), a_user("ops"))

    taken = outbox.take(an_alert("web-1"))

    assert taken == Taken(verdicts=Counter({Verdict.OPENED: 1}), notices=2)
    assert [claim.user_name for claim in outbox.send_all()] == ["ann", "ops"]


def test_a_repeated_post_makes_no_notice(outbox):
    outbox.take(an_alert())
    outbox.send_all()

    assert outbox.take(an_alert()) == Taken(verdicts=Counter({Verdict.REPEATED: 1}), notices=0)
    assert outbox.claim() is None


def test_a_claimed_notice_is_claimed_once(outbox):
    outbox.take(an_alert())

    assert outbox.claim() is not None
    assert outbox.claim() is None


def test_the_end_is_reported_in_the_same_thread(outbox):
    outbox.take(an_alert())
    down = outbox.send()
    outbox.take(an_alert(ends=T0 + 60))

    up = outbox.send()

    assert (hosts(down), hosts(up)) == ([("web-1", False)], [("web-1", True)])
    assert (down.sequence, up.sequence) == (0, 1)
    assert (down.incident_id, down.title) == (up.incident_id, up.title)


def test_the_end_waits_until_the_beginning_is_accepted(outbox):
    outbox.take(an_alert())
    down = outbox.claim()
    outbox.take(an_alert(ends=T0 + 60))

    assert outbox.claim() is None
    outbox.notices.accept(down, "id", T0, last_answered={})
    assert hosts(outbox.claim()) == [("web-1", True)]


def test_an_episode_that_ended_before_its_mail_was_sent_makes_one_mail(outbox):
    outbox.take(an_alert())
    outbox.take(an_alert(ends=T0 + 60))

    assert [hosts(claim) for claim in outbox.send_all()] == [[("web-1", True)]]


def test_a_new_firing_is_reported_though_the_last_end_never_was(outbox):
    outbox.take(an_alert())
    first = outbox.send()
    outbox.clock.advance(3600)
    outbox.take(replace(an_alert(starts=T0 + 3590), is_proven=True))

    (second,) = outbox.send_all()

    assert hosts(second) == [("web-1", False)]
    assert second.incident_id != first.incident_id
    assert outbox.take(an_alert(starts=T0 + 3590)).notices == 0


def test_a_user_who_was_not_notified_of_the_beginning_is_not_notified_of_the_end(outbox):
    outbox.take(an_alert())
    outbox.send_all()
    outbox.routing = a_routing(a_user("ann"), a_user("newcomer"))

    outbox.take(an_alert(ends=T0 + 60))

    assert [claim.user_name for claim in outbox.send_all()] == ["ann"]


@pytest.mark.parametrize("storm_hosts", [5, 1])
def test_the_end_goes_to_whom_the_start_went_to_though_others_watch_the_host_by_then(outbox, storm_hosts):
    ops = a_user("ops", hosts=("web-*",), is_admin=True)
    outbox.routing = a_routing(ops, storm_hosts=storm_hosts)
    taken = outbox.take(an_alert("db-1"), an_alert("db-2"), an_alert("web-1"))
    outbox.send_all()
    outbox.routing = a_routing(ops, a_user("bob", hosts=("db-*",)), storm_hosts=storm_hosts)

    outbox.take(
        an_alert("db-1", ends=T0 + 60), an_alert("db-2", ends=T0 + 60), an_alert("web-1", ends=T0 + 60)
    )
    mails = outbox.send_all()

    assert [alert.labels["host"] for alert in taken.unrouted] == ["db-1", "db-2"]
    assert {claim.user_name for claim in mails} == {"ops"}
    assert sorted(host for claim in mails for host in hosts(claim)) == [
        ("db-1", True),
        ("db-2", True),
        ("web-1", True),
    ]


def test_the_end_of_a_host_that_a_user_does_not_watch_is_not_reported_in_a_storm_that_they_know(outbox):
    outbox.routing = a_routing(a_user("ann", hosts=("web-*",)), a_user("bob"), storm_hosts=1)
    outbox.take(an_alert("web-1"), an_alert("db-1"))
    outbox.send_all()
    outbox.clock.advance(600)

    outbox.take(an_alert("db-1", ends=T0 + 60))

    assert [claim.user_name for claim in outbox.send_all()] == ["bob"]


def test_a_notice_to_a_user_who_left_is_superseded(outbox):
    outbox.take(an_alert())
    outbox.routing = a_routing(a_user("bob"))

    assert outbox.claim() is None
    assert not outbox.backlog(T0).pending


def test_critical_is_sent_first(outbox):
    outbox.take(an_alert("web-1", alertname="HighCpu", severity="warning"))
    outbox.clock.advance(1)
    outbox.take(an_alert("web-2"))

    assert [hosts(claim) for claim in outbox.send_all()] == [[("web-2", False)], [("web-1", False)]]


def test_a_storm_is_one_mail_with_the_hosts_that_its_reader_watches(outbox):
    outbox.routing = a_routing(a_user("ann", hosts=("web-*",)), a_user("ops"))

    outbox.take(*(an_alert(f"{kind}-{i}") for kind in ("web", "db") for i in range(4)))

    ann, ops = outbox.send_all()
    assert (len(ann.reported), len(ops.reported)) == (4, 8)
    assert ann.title.startswith("4 hosts: ")
    assert ops.title.startswith("8 hosts: ")


def test_a_storm_that_goes_on_is_reported_once_a_window(outbox):
    outbox.take(*(an_alert(f"web-{i}") for i in range(8)))
    (first,) = outbox.send_all()
    outbox.clock.advance(10)
    outbox.take(an_alert("web-8"))
    outbox.take(an_alert("web-0", ends=T0 + 9))

    assert outbox.send_all() == []
    outbox.clock.advance(115)
    (second,) = outbox.send_all()
    assert second.incident_id == first.incident_id
    assert Counter(is_over for _, is_over in hosts(second)) == {False: 8, True: 1}


def test_the_end_of_a_storm_is_reported_at_once(outbox):
    outbox.take(*(an_alert(f"web-{i}") for i in range(8)))
    outbox.send_all()
    outbox.clock.advance(10)

    outbox.take(*(an_alert(f"web-{i}", ends=T0 + 9) for i in range(8)))

    (end,) = outbox.send_all()
    assert all(is_over for _, is_over in hosts(end))


def test_a_retry_of_a_notice_that_was_not_sent_reports_what_is_true_by_then(outbox):
    outbox.take(an_alert())
    claim = outbox.claim()
    outbox.notices.defer(claim, T0 + 5, "refused")
    outbox.take(an_alert(ends=T0 + 4))

    assert outbox.claim() is None
    outbox.clock.advance(5)
    again = outbox.send()
    assert (hosts(again), again.attempts) == ([("web-1", True)], 2)
    assert outbox.send_all() == []


def test_an_ambiguous_notice_is_repeated_word_for_word_before_the_news(outbox):
    outbox.take(an_alert())
    claim = outbox.claim()
    outbox.notices.defer_ambiguous(claim, T0 + 10, "reset", now_unix_seconds=T0)
    outbox.take(an_alert(ends=T0 + 4))
    outbox.clock.advance(10)

    again, news = outbox.send_all()

    assert (again.notice_id, hosts(again), again.is_ambiguous) == (claim.notice_id, [("web-1", False)], True)
    assert (hosts(news), news.is_ambiguous) == ([("web-1", True)], False)


def test_a_failed_repeat_leaves_the_notice_ambiguous(outbox):
    outbox.take(an_alert())
    outbox.notices.defer_ambiguous(outbox.claim(), T0, "reset", now_unix_seconds=T0)
    outbox.notices.defer(outbox.claim(), T0, "refused")
    outbox.take(an_alert(ends=T0 + 4))

    again = outbox.claim()

    assert (hosts(again), again.is_ambiguous) == ([("web-1", False)], True)


def test_a_notice_that_was_being_sent_when_the_bridge_died_is_ambiguous(outbox):
    outbox.take(an_alert())
    lost = outbox.claim()
    outbox.restart("boot-2")

    assert outbox.notices.recover(T0) == 1
    assert outbox.claim() is None
    outbox.clock.advance(10)
    again = outbox.claim()
    assert (again.notice_id, again.is_ambiguous, again.attempts) == (lost.notice_id, True, 2)


def test_recovery_leaves_alone_what_this_process_is_sending(outbox):
    outbox.take(an_alert())
    outbox.claim()

    assert outbox.notices.recover(T0) == 0


def test_a_pause_sends_nothing_and_counts_no_attempt(outbox):
    outbox.take(an_alert())
    outbox.notices.pause(outbox.claim(), T0 + 30, "rate limit")

    assert outbox.claim() is None
    assert outbox.backlog(T0).paused_until_unix_seconds == T0 + 30
    outbox.restart("boot-2")
    assert outbox.claim() is None
    outbox.clock.advance(30)
    assert outbox.claim().attempts == 1


def test_a_clock_that_is_set_back_holds_nothing_for_hours(outbox):
    outbox.take(an_alert())
    outbox.notices.defer(outbox.claim(), T0 + 5, "refused")
    outbox.take(an_alert("web-2"))
    outbox.notices.pause(outbox.claim(), T0 + 60, "rate limit")

    outbox.clock.jump(-86_400)

    assert len(outbox.send_all()) == 2


def test_a_dead_notice_is_kept_and_does_not_hold_up_the_next_one(outbox):
    outbox.take(an_alert())
    outbox.notices.give_up(outbox.claim(), "no such address", T0)
    outbox.take(an_alert(ends=T0 + 60))

    assert outbox.backlog(T0).dead == 1
    assert hosts(outbox.send()) == [("web-1", True)]


def test_remembers_when_a_host_last_answered(outbox):
    outbox.take(an_alert())
    down = outbox.claim()
    alert_id = down.reported[0].episode.alert_id
    outbox.notices.accept(down, "id", T0, last_answered={alert_id: T0 - 75})
    outbox.take(an_alert(ends=T0 + 60))

    assert outbox.claim().reported[0].last_answered_unix_seconds == T0 - 75


def test_counts_what_has_not_been_sent_yet(outbox):
    outbox.take(an_alert("web-1"))
    outbox.clock.advance(5)
    outbox.take(an_alert("web-2", severity="warning"))

    backlog = outbox.backlog(outbox.clock.unix_seconds())

    assert (backlog.pending, backlog.oldest_unix_seconds, backlog.dead) == ({-1: 1, 2: 1}, T0, 0)

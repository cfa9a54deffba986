"""Reminders of what goes on: one for everything, and not before its time."""

import math
from contextlib import closing
from datetime import time

import pytest

from alertbridge.outbox.schema import Purpose
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings, RemindEvery
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox, hosts

DAY = 86_400.0


@pytest.fixture
def outbox(tmp_path):
    with closing(Outbox(tmp_path / "bridge.db")) as made:
        yield made


def reminded(outbox: Outbox):
    """Return the one mail that reminds, and that there is no other."""
    outbox.remind()
    (mail,) = outbox.send_all()
    assert mail.purpose is Purpose.REMINDER
    return hosts(mail)


def test_reports_after_a_day_what_still_fires(outbox):
    outbox.take(an_alert("web-1"), an_alert("web-2"), an_alert("web-3"))
    outbox.send_all()
    outbox.take(an_alert("web-2", ends=T0 + 60))
    outbox.send_all()

    outbox.clock.advance(DAY - 1)
    assert outbox.remind() == 0
    outbox.clock.advance(1)
    assert reminded(outbox) == [("web-1", False), ("web-3", False)]


def test_is_one_a_day_however_many_batches_fire_and_however_often_the_bridge_starts(outbox):
    sent = []
    for hour in range(24 * 4):
        if hour in {0, 12, 30}:
            outbox.take(an_alert(f"web-{hour}", starts=outbox.clock.unix_seconds()))
        outbox.remind()
        outbox.remind()
        sent += [
            (hour, len(claim.reported)) for claim in outbox.send_all() if claim.purpose is Purpose.REMINDER
        ]
        outbox.restart(f"boot-{hour}")
        outbox.clock.advance(3600)

    assert sent == [(24, 2), (48, 3), (72, 3)]


def test_counts_from_the_last_mail_that_reported_it(outbox):
    outbox.routing = a_routing(storm_hosts=1)
    outbox.take(an_alert("web-1"), an_alert("web-2"))
    outbox.send_all()
    outbox.clock.advance(DAY / 2)
    outbox.take(an_alert("web-2", ends=T0 + DAY / 2))
    outbox.send_all()

    outbox.clock.advance(DAY / 2)
    assert outbox.remind() == 0
    outbox.clock.advance(DAY / 2)
    assert reminded(outbox) == [("web-1", False)]


def test_reminds_nobody_of_what_they_were_never_notified_of(outbox):
    outbox.routing = a_routing(a_user("ann", severities=("critical",)), a_user("bob"))
    outbox.take(an_alert("web-1", severity="warning"))
    claim = outbox.claim()
    outbox.notices.give_up(claim, "no such address", T0)

    outbox.clock.advance(2 * DAY)

    assert claim.user_name == "bob"
    assert outbox.remind() == 0


def test_reminds_nobody_of_what_they_do_not_watch_any_more(outbox):
    outbox.take(an_alert("web-1"))
    outbox.send_all()
    outbox.routing = a_routing(a_user(hosts=("db-*",)))
    outbox.clock.advance(2 * DAY)

    assert outbox.remind() == 0


def test_reminds_each_user_as_often_as_they_want(outbox):
    outbox.routing = a_routing(
        a_user("ann", remind_every_seconds=RemindEvery(600)),
        a_user("bob", remind_every_seconds=RemindEvery(math.inf)),
    )
    outbox.take(an_alert("web-1"))
    outbox.send_all()
    outbox.clock.advance(600)

    assert outbox.remind() == 1
    assert [claim.user_name for claim in outbox.send_all()] == ["ann"]


def test_is_not_sent_when_all_is_over_before_it_leaves(outbox):
    outbox.take(an_alert("web-1"))
    outbox.send_all()
    outbox.clock.advance(DAY)
    assert outbox.remind() == 1
    outbox.take(an_alert("web-1", ends=T0 + DAY))

    assert [(claim.purpose, hosts(claim)) for claim in outbox.send_all()] == [
        (Purpose.NEWS, [("web-1", True)])
    ]


def test_goes_out_last(outbox):
    outbox.take(an_alert("web-1"))
    outbox.send_all()
    outbox.clock.advance(DAY)
    outbox.remind()
    outbox.take(an_alert("web-2", severity="info", starts=T0 + DAY))

    assert [claim.purpose for claim in outbox.send_all()] == [Purpose.NEWS, Purpose.REMINDER]


def test_a_dead_reminder_is_followed_by_the_next_at_its_time_only(outbox):
    outbox.take(an_alert("web-1"))
    outbox.send_all()
    outbox.clock.advance(DAY)
    outbox.remind()
    outbox.notices.give_up(outbox.claim(), "no such address", T0 + DAY)

    outbox.clock.advance(DAY - 1)
    assert outbox.remind() == 0
    outbox.clock.advance(1)
    assert outbox.remind() == 1


class TestInQuietHours:
    NIGHTLY = a_user(quiet=QuietSettings(hours=QuietHours(time(12), time(16))))  # T0 is at 14:13

    def test_waits_until_they_are_over(self, outbox):
        outbox.take(an_alert("web-1"))
        outbox.send_all()
        outbox.routing = a_routing(self.NIGHTLY)
        outbox.clock.advance(DAY)

        assert outbox.remind() == 0
        outbox.clock.advance(2 * 3600)
        assert reminded(outbox) == [("web-1", False)]

    def test_one_that_could_not_leave_before_them_is_held(self, outbox):
        outbox.take(an_alert("web-1"))
        outbox.send_all()
        outbox.clock.advance(DAY)
        outbox.remind()
        outbox.routing = a_routing(self.NIGHTLY)

        assert outbox.send_all() == []
        assert outbox.backlog(T0).held == 1
        outbox.clock.advance(2 * 3600)
        assert reminded(outbox) == [("web-1", False)]

    def test_the_digest_after_them_tells_it_too(self, outbox):
        outbox.take(an_alert("web-1"))
        outbox.send_all()
        outbox.routing = a_routing(self.NIGHTLY)
        outbox.clock.advance(DAY)
        for host in ("web-2", "web-3"):
            outbox.take(an_alert(host, severity="warning", starts=T0 + DAY))
        assert outbox.send_all() == []
        outbox.clock.advance(2 * 3600)

        outbox.remind()
        (digest,) = outbox.send_all()

        told = [(one.episode.alert.labels["host"], one.is_news) for one in digest.reported]
        assert told == [("web-2", True), ("web-3", True), ("web-1", False)]
        assert outbox.remind() == 0

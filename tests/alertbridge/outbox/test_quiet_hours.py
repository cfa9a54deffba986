"""News in quiet hours: held, and reported in the morning; nothing lost, nothing twice."""

from contextlib import closing
from datetime import time

import pytest
from sqlalchemy import select

from alertbridge.cli.outbox_text import incident_text, notice_text, notices_table
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.retention import KEPT_SECONDS, delete_expired
from alertbridge.outbox.schema import Purpose, known
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.users import QuietSettings
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox, hosts

HOUR = 3600.0
EVENING = T0 - 800 + 9 * HOUR  # 23:00 UTC
MORNING = EVENING + 8 * HOUR  # 07:00 UTC, when the quiet ends
NIGHTLY = QuietSettings(hours=QuietHours(time(22), time(7)))
QUIET = a_routing(a_user(quiet=NIGHTLY))


@pytest.fixture
def outbox(tmp_path):
    with closing(Outbox(tmp_path / "bridge.db")) as made:
        made.routing = QUIET
        made.clock.jump(EVENING - T0)
        yield made


def warn(host: str, *, ends: float | None = None, starts: float = EVENING):
    return an_alert(host, alertname="HighCpu", severity="warning", starts=starts, ends=ends)


def in_the_morning(outbox: Outbox):
    outbox.clock.jump(MORNING - outbox.clock.unix_seconds())
    return outbox.send_all()


def states(outbox: Outbox) -> list[str]:
    return [notice.state for notice in Inspection(outbox.database).all(100)]


def test_news_in_quiet_hours_is_reported_in_one_mail_after_them(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"), warn("web-3"))
    outbox.take(warn("web-2", ends=EVENING + 60))

    assert outbox.send_all() == []
    assert outbox.backlog(EVENING).held == 3
    outbox.clock.advance(8 * HOUR - 1)
    assert outbox.send_all() == []
    (digest,) = in_the_morning(outbox)

    assert digest.purpose is Purpose.DIGEST
    assert sorted(hosts(digest)) == [("web-1", False), ("web-2", True), ("web-3", False)]
    assert digest.created_unix_seconds == MORNING
    assert states(outbox) == ["digested", "digested", "digested", "accepted"]
    assert in_the_morning(outbox) == []


def test_an_end_waits_for_the_digest_that_may_be_reporting_the_beginning(outbox):
    outbox.take(warn("web-1"), warn("web-2"))
    assert outbox.claim() is None
    outbox.clock.jump(MORNING - outbox.clock.unix_seconds())
    digest = outbox.claim()
    assert digest is not None
    now = outbox.clock.unix_seconds()
    outbox.notices.defer_ambiguous(digest, now + 60, "reset", now_unix_seconds=now)
    outbox.take(warn("web-1", ends=MORNING + 1))

    assert outbox.claim() is None
    outbox.clock.advance(61)
    again, end = outbox.send_all()

    assert (again.notice_id, hosts(again)) == (digest.notice_id, [("web-1", False), ("web-2", False)])
    assert hosts(end) == [("web-1", True)]


def test_held_news_of_a_single_incident_is_sent_as_its_own_mail(outbox):
    outbox.take(warn("web-1"))
    assert outbox.claim() is None
    outbox.take(warn("web-1", ends=EVENING + 60))
    assert outbox.claim() is None

    (mail,) = in_the_morning(outbox)

    assert (mail.purpose, hosts(mail), mail.was_held) == (Purpose.NEWS, [("web-1", True)], True)
    assert (mail.created_unix_seconds, mail.sequence) == (MORNING, 0)


def test_critical_news_passes_quiet_hours_and_so_does_its_end(outbox):
    outbox.take(an_alert("web-1", starts=EVENING))
    down = outbox.send_all()
    outbox.take(an_alert("web-1", starts=EVENING, ends=EVENING + 60))
    up = outbox.send_all()

    assert [hosts(claim) for claim in down + up] == [[("web-1", False)], [("web-1", True)]]
    assert in_the_morning(outbox) == []


def test_news_that_passes_takes_along_what_is_held_of_its_incident(outbox):
    outbox.routing = a_routing(a_user(quiet=NIGHTLY), storm_hosts=1)
    outbox.take(warn("web-1"), warn("web-2"))
    assert outbox.claim() is None

    outbox.take(an_alert("web-3", alertname="HighCpu", starts=EVENING))
    (mail,) = outbox.send_all()

    assert len(mail.reported) == 3
    assert not mail.was_held
    assert in_the_morning(outbox) == []


def test_the_end_of_what_a_digest_reported_is_reported_in_its_own_thread(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    (digest,) = in_the_morning(outbox)

    outbox.take(warn("web-1", ends=MORNING + 60))
    (end,) = outbox.send_all()

    assert end.incident_id != digest.incident_id
    assert (end.purpose, hosts(end)) == (Purpose.NEWS, [("web-1", True)])


def test_a_user_without_quiet_hours_is_notified_at_once(outbox):
    outbox.routing = a_routing(a_user("ann", quiet=NIGHTLY), a_user("ops"))
    outbox.take(warn("web-1"))

    assert [claim.user_name for claim in outbox.send_all()] == ["ops"]


def test_a_notice_that_was_deferred_into_quiet_hours_is_held(outbox):
    outbox.clock.jump(-2 * HOUR)
    outbox.take(warn("web-1"))
    outbox.notices.defer(outbox.claim(), EVENING, "refused")
    outbox.clock.jump(2 * HOUR)

    assert outbox.claim() is None
    assert states(outbox) == ["held"]
    (mail,) = in_the_morning(outbox)
    assert hosts(mail) == [("web-1", False)]


def test_a_mail_in_doubt_is_repeated_though_it_is_quiet(outbox):
    outbox.clock.jump(-2 * HOUR)
    outbox.take(warn("web-1"))
    outbox.notices.defer_ambiguous(
        outbox.claim(), EVENING, "reset", now_unix_seconds=outbox.clock.unix_seconds()
    )
    outbox.clock.jump(2 * HOUR)

    assert [hosts(claim) for claim in outbox.send_all()] == [[("web-1", False)]]


@pytest.mark.parametrize(
    "routing",
    [
        pytest.param(a_routing(a_user()), id="quiet taken out"),
        pytest.param(
            a_routing(a_user(quiet=QuietSettings(hours=QuietHours(time(3), time(4))))), id="other hours"
        ),
    ],
)
def test_other_settings_release_what_is_held(outbox, routing):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    assert outbox.send_all() == []

    outbox.routing = routing
    (digest,) = outbox.send_all()

    assert hosts(digest) == [("web-1", False), ("web-2", False)]


def test_what_is_held_for_somebody_who_left_is_dropped(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()

    outbox.routing = a_routing(a_user("bob"))

    assert outbox.send_all() == []
    assert outbox.backlog(EVENING).held == 0


def test_a_digest_reports_only_what_its_user_still_watches(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("db-1"))
    outbox.send_all()

    outbox.routing = a_routing(a_user(quiet=NIGHTLY, hosts=("db-*",)))
    (digest,) = in_the_morning(outbox)

    assert hosts(digest) == [("db-1", False)]


def test_held_notices_survive_a_restart(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    outbox.restart("boot-2")

    assert len(hosts(in_the_morning(outbox)[0])) == 2


def test_a_retry_of_a_digest_that_was_not_sent_reports_what_is_true_by_then(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    outbox.clock.jump(MORNING - EVENING)
    outbox.notices.defer(outbox.claim(), MORNING + 5, "refused")
    outbox.take(warn("web-1", ends=MORNING + 1))
    own = outbox.send_all()
    outbox.clock.advance(5)

    (digest,) = outbox.send_all()

    assert [hosts(claim) for claim in own] == [[("web-1", True)]]
    assert hosts(digest) == [("web-2", False)]


def test_a_digest_in_doubt_is_repeated_word_for_word(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    outbox.clock.jump(MORNING - EVENING)
    first = outbox.claim()
    outbox.restart("boot-2")
    outbox.notices.recover(MORNING)
    outbox.take(warn("web-1", ends=MORNING + 1))
    outbox.clock.advance(10)

    sent = outbox.send_all()

    again = next(claim for claim in sent if claim.is_ambiguous)
    assert (again.notice_id, hosts(again)) == (first.notice_id, hosts(first))
    assert [hosts(claim) for claim in sent if claim is not again] == [[("web-1", True)]]


def test_a_digest_leaves_out_what_another_mail_is_reporting_just_now(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    outbox.clock.jump(MORNING - EVENING)
    outbox.notices.defer(outbox.claim(), MORNING + 5, "refused")
    outbox.take(warn("web-1", ends=MORNING + 1))
    outbox.clock.advance(5)

    first, second = outbox.claim(), outbox.claim()

    assert [first.purpose, hosts(first)] == [Purpose.NEWS, [("web-1", True)]]
    assert [second.purpose, hosts(second)] == [Purpose.DIGEST, [("web-2", False)]]


def test_a_digest_that_could_not_leave_all_day_takes_up_what_comes_the_next_night(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    outbox.clock.jump(MORNING - EVENING)
    digest = outbox.claim()
    outbox.notices.defer(digest, MORNING + 60, "refused")
    outbox.clock.jump(16 * HOUR)
    outbox.take(warn("web-3", starts=MORNING + 15 * HOUR))
    assert outbox.send_all() == []

    outbox.clock.jump(8 * HOUR)
    (late,) = outbox.send_all()

    assert (late.notice_id, len(late.reported)) == (digest.notice_id, 3)


def test_a_digest_without_news_left_is_superseded(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    outbox.clock.jump(MORNING - EVENING)
    outbox.notices.defer(outbox.claim(), MORNING + 5, "refused")
    outbox.take(warn("web-1", ends=MORNING + 1), warn("web-2", ends=MORNING + 1))
    outbox.send_all()
    outbox.clock.advance(5)

    assert outbox.send_all() == []
    assert "superseded" in states(outbox)


def test_what_is_held_can_be_dropped(outbox):
    outbox.take(warn("web-1"))
    outbox.send_all()
    inspection = Inspection(outbox.database)
    (held,) = inspection.unsettled_and_dead()

    assert inspection.drop([held.notice_id], EVENING) == 1
    assert in_the_morning(outbox) == []


def test_held_notices_and_their_digest_are_shown(outbox):
    outbox.take(warn("web-1"))
    outbox.take(warn("web-2"))
    outbox.send_all()
    inspection = Inspection(outbox.database)
    held, _ = inspection.unsettled_and_dead()
    assert "state: held\n" in notice_text(held)
    assert "held until: 2026-09-22 07:00:00 UTC" in notice_text(held)
    assert "held" in notices_table([held], EVENING)

    (digest,) = in_the_morning(outbox)
    told, sent = inspection.notice(held.notice_id), inspection.notice(digest.notice_id)
    incident, of_the_digest = inspection.incident(held.incident_id), inspection.incident(digest.incident_id)

    assert told
    assert sent
    assert incident
    assert of_the_digest
    story = incident_text(incident)
    assert incident_text(of_the_digest).startswith(
        f"incident {digest.incident_id}, a digest of the incidents inc1, inc2\n"
    )
    assert f"included in digest: {digest.notice_id}\n" in notice_text(told)
    assert "2026-09-21 23:00:00 UTC  notice 1 to ann held for quiet hours\n" in story
    assert f"2026-09-22 07:00:00 UTC  notice 1 to ann included in digest {digest.notice_id}" in story
    assert "purpose: digest\n" in notice_text(sent)


def test_digests_and_what_they_reported_are_deleted_after_90_days(outbox):
    for host in ("web-1", "web-2"):
        outbox.take(warn(host))
        outbox.take(warn(host, ends=EVENING + 60))
    outbox.send_all()
    in_the_morning(outbox)

    assert delete_expired(outbox.database, MORNING + KEPT_SECONDS + 3600) == 3
    assert Inspection(outbox.database).all(10) == []
    with outbox.database.reading() as connection:
        assert connection.execute(select(known)).all() == []


def test_very_many_are_held_in_steps_that_keep_nobody_waiting(outbox):
    outbox.routing = a_routing(a_user(quiet=NIGHTLY), storm_hosts=1000)
    outbox.take(*(warn(f"web-{number}") for number in range(100)))

    assert outbox.send_all() == []
    assert outbox.backlog(EVENING).held == 100
    assert len(hosts(in_the_morning(outbox)[0])) == 100


def test_digests_that_are_held_together_leave_as_one(outbox):
    dead = []
    for night in range(2):
        for host in ("web", "db", "app"):
            outbox.take(warn(f"{host}-{night}"))
        assert outbox.send_all() == []
        outbox.clock.advance(8 * HOUR)
        dead.append(outbox.claim())
        outbox.notices.give_up(dead[-1], "no such address", outbox.clock.unix_seconds())
        outbox.clock.advance(16 * HOUR)
    now = outbox.clock.unix_seconds()
    assert Inspection(outbox.database).retry([claim.notice_id for claim in dead], now) == 2
    assert outbox.send_all() == []

    outbox.clock.advance(8 * HOUR)
    (digest,) = outbox.send_all()

    assert len(digest.reported) == 6

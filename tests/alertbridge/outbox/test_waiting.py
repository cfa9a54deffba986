"""News that is not to be reported yet, as far as the outbox itself knows: it waits, and is not lost."""

from contextlib import closing
from dataclasses import replace
from datetime import time

import pytest

from alertbridge.alerts.own import SELF_BLOCKING_ALERTS
from alertbridge.outbox.inspection import Inspection, NoticeView
from alertbridge.routing.quiet_hours import QuietHours
from alertbridge.routing.recipients import Priority
from alertbridge.routing.users import QuietSettings
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox, hosts

COVERED = "FleetDown of the same job was reported; waiting for its end"


@pytest.fixture
def outbox(tmp_path):
    with closing(Outbox(tmp_path / "bridge.db")) as made:
        yield made


def fleet(*, job: str = "marax", ends: float | None = None, starts: float = T0):
    return an_alert("", alertname="FleetDown", job=job, starts=starts, ends=ends)


def own(alertname: str = "AlertBridgeMailFailing", *, ends: float | None = None):
    return an_alert("", alertname=alertname, instance="127.0.0.1:9878", ends=ends)


def notices(outbox: Outbox) -> list[NoticeView]:
    return Inspection(outbox.database).all(100)


def reasons(outbox: Outbox, state: str) -> list[str | None]:
    return [notice.last_error for notice in notices(outbox) if notice.state == state]


def told(outbox: Outbox, seconds: float = 120.0) -> list[list[tuple[str, bool]]]:
    """Return what mails report within so many seconds: names and whether they are over."""
    sent = []
    for _ in range(int(seconds)):
        sent += [
            [(one.episode.alert.labels.get("host", ""), one.is_over) for one in claim.reported]
            for claim in outbox.send_all()
        ]
        outbox.clock.advance(1)
    return sent


@pytest.mark.parametrize("alertname", sorted(SELF_BLOCKING_ALERTS))
def test_an_alert_that_keeps_itself_from_being_reported_is_reported_in_the_past(outbox, alertname):
    outbox.take(own(alertname))
    assert told(outbox, 600) == []
    assert [(one.state, one.priority, one.attempts) for one in notices(outbox)] == [
        ("waiting", Priority.OTHER, 0)
    ]

    outbox.take(own(alertname, ends=T0 + 500))

    assert told(outbox) == [[("", True)]]


def test_one_that_does_not_end_is_reported_after_a_quarter_of_an_hour(outbox):
    outbox.take(own())

    assert told(outbox, 899) == []
    assert told(outbox, 10) == [[("", False)]]


def test_a_second_one_waits_as_long_though_the_first_was_reported(outbox):
    outbox.take(own())
    told(outbox, 910)
    outbox.take(own("AlertBridgeRefusing"))

    assert told(outbox, 60) == []


def test_such_an_alert_wakes_nobody(outbox):
    outbox.routing = a_routing(a_user(quiet=QuietSettings(hours=QuietHours(time(14), time(16)))))
    outbox.take(own())

    assert told(outbox, 1000) == []
    assert [one.state for one in notices(outbox)] == ["held"]


def test_a_clock_that_was_set_back_makes_it_wait_no_longer(outbox):
    outbox.take(own())
    outbox.clock.jump(-86_400)

    assert told(outbox, 10) == [[("", False)]]


def test_a_host_waits_while_most_of_its_job_are_reported_not_to_answer(outbox):
    outbox.take(fleet())
    assert told(outbox, 1) == [[("", False)]]
    outbox.take(an_alert("web-1"), an_alert("web-2"))

    assert told(outbox, 3600) == []
    assert reasons(outbox, "waiting") == [COVERED] * 2

    outbox.take(fleet(ends=T0 + 3600))
    assert sorted(told(outbox)) == [[("", True)], [("web-1", False)], [("web-2", False)]]


def test_a_fleet_that_never_ends_keeps_a_host_back_for_an_hour_at_most(outbox):
    outbox.take(fleet())  # silenced when it ends, without a Prometheus to ask: no end ever comes
    told(outbox, 1)
    outbox.clock.advance(86_400)
    outbox.take(an_alert("web-1", starts=T0 + 86_400))

    assert told(outbox, 3599) == []
    assert told(outbox, 10) == [[("web-1", False)]]


def test_a_host_that_went_and_came_back_meanwhile_is_reported_by_the_end_of_the_fleet(outbox):
    outbox.take(fleet())
    told(outbox, 1)
    outbox.take(an_alert("web-1"))
    told(outbox, 60)

    outbox.take(an_alert("web-1", ends=T0 + 50))
    assert told(outbox) == []
    outbox.take(fleet(ends=T0 + 300))

    assert told(outbox) == [[("", True)]]
    assert reasons(outbox, "superseded") == ["reported by FleetDown"]


def test_a_host_that_is_back_only_after_the_fleet_is_reported_itself(outbox):
    outbox.take(fleet())
    told(outbox, 1)
    outbox.take(an_alert("web-1"))
    outbox.take(fleet(ends=T0 + 300), an_alert("web-1", ends=T0 + 400))
    outbox.clock.advance(400)

    assert sorted(told(outbox)) == [[("", True)], [("web-1", True)]]


def test_a_host_that_was_reported_before_the_fleet_has_its_own_end(outbox):
    outbox.take(an_alert("web-1"))
    told(outbox, 1)
    outbox.take(fleet())
    told(outbox, 1)

    outbox.take(an_alert("web-1", ends=T0 + 50))

    assert told(outbox) == [[("web-1", True)]]


def test_a_host_that_was_down_before_the_fleet_and_not_reported_is_reported_itself(outbox):
    outbox.take(an_alert("web-1"))
    outbox.notices.defer(outbox.claim(), T0 + 60, "refused")
    outbox.clock.advance(10)
    outbox.take(fleet())
    told(outbox, 1)

    outbox.take(an_alert("web-1", ends=T0 + 50))

    assert told(outbox) == [[("web-1", True)]]


@pytest.mark.parametrize(
    "alert",
    [
        an_alert("db-1", job="other"),
        an_alert("web-1", alertname="HighCpu"),
    ],
    ids=["another job", "another alert"],
)
def test_nothing_else_waits_for_the_fleet(outbox, alert):
    outbox.take(fleet())
    told(outbox, 1)

    outbox.take(alert)

    assert len(told(outbox, 1)) == 1


def test_a_fleet_whose_end_is_claimed_and_cannot_be_proven_keeps_no_host_back(outbox):
    outbox.take(fleet())
    outbox.send_all()
    outbox.clock.advance(60)
    outbox.take(replace(fleet(ends=T0 + 60), is_proven=False))
    outbox.take(an_alert("web-1", starts=T0 + 60))
    assert told(outbox, 240) == []

    assert told(outbox, 70) == [[("web-1", False)]]


def test_only_who_is_notified_of_the_fleet_waits_for_its_end(outbox):
    outbox.routing = a_routing(a_user("ann"), a_user("bob", severities=("warning",)))
    outbox.take(fleet())
    told(outbox, 1)

    outbox.take(an_alert("web-1", severity="warning"))
    claims = outbox.send_all()

    assert [claim.user_name for claim in claims] == ["bob"]


def test_a_fleet_whose_mail_was_given_up_keeps_nothing_back(outbox):
    outbox.take(fleet())
    outbox.notices.give_up(outbox.claim(), "bad address", T0)

    outbox.take(an_alert("web-1"))

    assert told(outbox, 1) == [[("web-1", False)]]


def test_a_fleet_that_waits_itself_keeps_no_host_back_but_reports_those_that_are_back(outbox):
    outbox.take(fleet())
    outbox.notices.wait(outbox.notices.claim(outbox.routing, T0), "most hosts answer by now", T0)
    outbox.take(an_alert("web-1"), an_alert("web-2"))
    outbox.take(an_alert("web-2", ends=T0 + 2))

    claims = [outbox.send(), outbox.send()]

    assert claims[1] is None
    assert hosts(claims[0]) == [("web-1", False)]
    assert reasons(outbox, "superseded") == ["reported by FleetDown"]


def test_a_host_is_reported_in_a_second_though_the_mail_of_a_fleet_that_waits_was_being_written(outbox):
    outbox.take(fleet())
    written = outbox.notices.claim(outbox.routing, T0)
    outbox.take(an_alert("web-1"))
    assert outbox.claim() is None

    outbox.notices.wait(written, "most hosts answer by now", T0)
    outbox.clock.advance(1)

    assert hosts(outbox.send()) == [("web-1", False)]


def test_a_host_that_was_reported_while_the_fleet_waited_has_its_own_end(outbox):
    outbox.take(fleet())
    outbox.notices.wait(outbox.notices.claim(outbox.routing, T0), "most hosts answer by now", T0)
    outbox.take(an_alert("web-1"))
    assert hosts(outbox.send()) == [("web-1", False)]

    outbox.take(an_alert("web-1", ends=T0 + 30), fleet(ends=T0 + 300))
    outbox.clock.advance(300)

    assert sorted(told(outbox)) == [[("", True)], [("web-1", True)]]


def test_fresh_news_goes_before_what_is_looked_at_again(outbox):
    outbox.take(fleet())
    told(outbox, 1)
    outbox.take(an_alert("web-1"))
    outbox.claim()
    outbox.clock.advance(10)
    outbox.take(an_alert("db-1", job="other"), fleet(ends=T0 + 10))

    assert [hosts(outbox.send()) for _ in range(2)] == [[("db-1", False)], [("web-1", False)]]


def test_a_storm_of_two_jobs_reports_the_hosts_of_the_other(outbox):
    outbox.routing = a_routing(storm_hosts=1)
    outbox.take(fleet())
    told(outbox, 1)
    outbox.take(
        an_alert("web-1"), an_alert("web-2"), an_alert("db-1", job="other"), an_alert("db-2", job="other")
    )

    claim = outbox.send()

    assert sorted(hosts(claim)) == [("db-1", False), ("db-2", False)]
    assert claim.title in {"2 hosts: db-1, db-2", "2 hosts: db-2, db-1"}
    assert told(outbox, 600) == []
    assert reasons(outbox, "waiting") == [COVERED]
    outbox.take(fleet(ends=T0 + 600))
    assert len(max(told(outbox), key=len)) == 4


def test_what_may_have_been_sent_is_repeated_though_the_fleet_is_down(outbox):
    outbox.take(an_alert("web-1"))
    claim = outbox.claim()
    outbox.notices.defer_ambiguous(claim, T0 + 10, "reset", now_unix_seconds=T0)
    outbox.take(fleet())

    assert told(outbox, 60) == [[("", False)], [("web-1", False)]]


def test_what_waits_survives_a_restart_and_a_crash(outbox):
    outbox.take(fleet())
    told(outbox, 1)
    outbox.take(an_alert("web-1"))
    told(outbox, 10)

    outbox.restart("boot-2")
    assert outbox.notices.recover(T0) == 0
    outbox.take(fleet(ends=T0 + 300))

    assert sorted(told(outbox)) == [[("", True)], [("web-1", False)]]

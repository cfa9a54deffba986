"""What flaps and what changes its severity, through the whole store: which mails leave, what they show."""

from typing import Any

import pytest

from alertbridge.composing.remarks import remarks_of
from alertbridge.outbox.claim import Claim
from tests.alertbridge.alert_builders import a_routing, a_user, an_alert
from tests.alertbridge.outbox.store import Outbox


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(tmp_path / "bridge.db")
    yield outbox
    outbox.close()


def shown(claim: Claim) -> list[tuple[str, bool]]:
    return [(one.episode.alert.labels["severity"], one.is_over) for one in claim.shown]


def remarks(outbox: Outbox, claim: Claim) -> tuple[str, ...]:
    return remarks_of(claim, outbox.clock.unix_seconds())


def fire(outbox: Outbox, **alert: Any) -> None:
    outbox.take(an_alert(starts=outbox.clock.unix_seconds(), **alert))


def end(outbox: Outbox, **alert: Any) -> None:
    outbox.take(an_alert(ends=outbox.clock.unix_seconds(), **alert))


def flap(outbox: Outbox, times: int) -> list[Claim]:
    """Fire for half a minute each minute; return the mails."""
    mails = []
    for _ in range(times):
        fire(outbox)
        mails += outbox.send_all()
        outbox.clock.advance(30)
        end(outbox)
        mails += outbox.send_all()
        outbox.clock.advance(30)
    return mails


def test_a_raised_severity_goes_on_in_the_same_thread_and_the_lesser_alert_is_not_told_as_over(outbox):
    fire(outbox, severity="warning", alertname="Disk")
    (first,) = outbox.send_all()
    outbox.clock.advance(60)
    fire(outbox, severity="critical", alertname="Disk")
    (second,) = outbox.send_all()
    outbox.clock.advance(2)
    end(outbox, severity="warning", alertname="Disk")

    rest = outbox.send_all()

    assert (second.incident_id, second.sequence, second.title) == (first.incident_id, 1, first.title)
    assert shown(second) == [("critical", False)]
    assert remarks(outbox, second) == ("Now critical (was warning).",)
    assert rest == []


def test_a_lowered_severity_is_told_though_the_lesser_alert_fired_all_the_time(outbox):
    fire(outbox, severity="warning", alertname="Disk")
    fire(outbox, severity="critical", alertname="Disk")
    outbox.send_all()
    outbox.clock.advance(60)
    end(outbox, severity="critical", alertname="Disk")
    (lowered,) = outbox.send_all()
    end(outbox, severity="warning", alertname="Disk")

    (over,) = outbox.send_all()

    assert shown(lowered) == [("warning", False)]
    assert remarks(outbox, lowered) == ("Now warning (was critical).",)
    assert shown(over) == [("warning", True)]
    assert remarks(outbox, over) == ()


@pytest.mark.parametrize("severities", [("critical",), ("critical", "info")])
def test_who_watches_critical_alerts_alone_is_not_told_that_one_is_over_that_goes_on_as_a_warning(
    outbox, severities
):
    outbox.routing = a_routing(a_user("ann", severities=severities))
    fire(outbox, severity="critical", alertname="Disk")
    outbox.send_all()
    outbox.clock.advance(60)
    fire(outbox, severity="warning", alertname="Disk")
    both = outbox.send_all()
    end(outbox, severity="critical", alertname="Disk")
    (lowered,) = outbox.send_all()
    end(outbox, severity="warning", alertname="Disk")

    (over,) = outbox.send_all()

    assert [shown(mail) for mail in both] == []
    assert (shown(lowered), remarks(outbox, lowered)) == (
        [("warning", False)],
        ("Now warning (was critical).",),
    )
    assert shown(over) == [("warning", True)]


@pytest.mark.parametrize(("seconds", "is_same"), [(1, True), (30, True), (400, True), (700, False)])
def test_a_warning_that_comes_after_the_end_of_a_critical_alert_that_inhibited_it_corrects_the_end(
    outbox, seconds, is_same
):
    outbox.routing = a_routing(a_user("ann", severities=("critical",)))
    fire(outbox, severity="critical", alertname="Disk")
    (first,) = outbox.send_all()
    outbox.clock.advance(60)
    end(outbox, severity="critical", alertname="Disk")
    (over,) = outbox.send_all()
    outbox.clock.advance(seconds)
    fire(outbox, severity="warning", alertname="Disk")

    goes_on = outbox.send_all()
    end(outbox, severity="warning", alertname="Disk")
    ended = outbox.send_all()

    assert shown(over) == [("critical", True)]
    assert [shown(mail) for mail in goes_on] == [[("warning", False)]] * is_same
    assert [remarks(outbox, mail) for mail in goes_on] == [("Now warning (was critical).",)] * is_same
    assert [shown(mail) for mail in ended] == [[("warning", True)]] * is_same
    assert all(mail.incident_id == first.incident_id for mail in (*goes_on, *ended))


def test_who_watches_critical_alerts_alone_is_not_told_of_other_warnings_in_the_thread(outbox):
    outbox.routing = a_routing(a_user("ann", severities=("critical",)))
    for _ in range(4):
        fire(outbox, severity="critical", alertname="Disk", mountpoint="/")
        outbox.send_all()
        outbox.clock.advance(30)
        end(outbox, severity="critical", alertname="Disk", mountpoint="/")
        outbox.send_all()
        outbox.clock.advance(30)
    fire(outbox, severity="warning", alertname="Disk", mountpoint="/var")
    outbox.clock.advance(3600)

    mails = outbox.send_all()

    assert all(severity == "critical" for mail in mails for severity, _ in shown(mail))


def test_two_severities_that_fire_at_once_are_one_thread_that_shows_the_worse(outbox):
    alerts = [an_alert(alertname="Disk", severity=one) for one in ("warning", "critical")]
    outbox.take(*alerts)

    (mail,) = outbox.send_all()

    assert shown(mail) == [("critical", False)]
    assert remarks(outbox, mail) == ()


def test_who_wants_critical_alerts_alone_is_told_when_a_warning_becomes_one(outbox):
    outbox.routing = a_routing(a_user("ann", severities=("critical",)))
    fire(outbox, severity="warning", alertname="Disk")
    fire(outbox, severity="critical", alertname="Disk")

    (mail,) = outbox.send_all()

    assert (shown(mail), mail.sequence) == ([("critical", False)], 0)


def test_the_fourth_time_within_an_hour_is_told_in_the_thread_before_it_and_later(outbox):
    mails = flap(outbox, 10)
    outbox.clock.advance(600)

    (last,) = outbox.send_all()

    assert [(one.sequence, one.shown[0].is_over) for one in mails] == [(0, False), (1, True)] * 3
    assert (last.incident_id, last.sequence) == (mails[-1].incident_id, 2)
    assert shown(last) == [("critical", True)]
    assert remarks(outbox, last) == (
        "This alert fired 8 times and ended 8 times within 18 min.",
        "Mails about it are sent at longer intervals until it has not changed for an hour.",
    )


def test_what_stays_down_after_it_flapped_is_told_within_ten_minutes(outbox):
    flap(outbox, 5)
    fire(outbox)
    early = outbox.send_all()
    outbox.clock.advance(600)

    (mail,) = outbox.send_all()

    assert early == []
    assert shown(mail) == [("critical", False)]


def test_it_is_a_new_thread_that_is_told_at_once_after_a_calm_hour(outbox):
    flap(outbox, 8)
    outbox.clock.advance(600)
    before = outbox.send_all()
    outbox.clock.advance(3600)
    fire(outbox)

    (mail,) = outbox.send_all()

    assert mail.sequence == 0
    assert mail.incident_id != before[-1].incident_id


def test_labels_that_change_are_named(outbox):
    for value in range(8):
        fire(outbox, alertname="Load", value=str(value))
        outbox.send_all()
        outbox.clock.advance(30)
        end(outbox, alertname="Load", value=str(value))
    outbox.clock.advance(1800)

    (mail,) = outbox.send_all()

    assert remarks(outbox, mail)[1] == "The labels of this alert keep changing: value."


def test_damping_survives_a_restart(outbox):
    flap(outbox, 5)
    outbox.restart("boot-2")
    fire(outbox)

    assert outbox.send_all() == []

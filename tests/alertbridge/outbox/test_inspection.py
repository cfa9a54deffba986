"""Looking at the outbox and putting it right by hand, on a real one."""

import json

import pytest

from alertbridge.cli.outbox_text import incident_text, notice_text, notices_json, notices_table
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.outbox import open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert

ROUTING = a_routing(a_user("ann"), a_user("bob"))


@pytest.fixture
def outbox(tmp_path):
    made = open_outbox(f"sqlite:///{tmp_path}/bridge.db", transport="mailgun")
    made.intake.take([an_alert()], ROUTING, T0 + 10)
    yield made
    made.close()


@pytest.fixture
def inspection(outbox):
    return Inspection(outbox.database)


def give_up(outbox, reason="no such address"):
    claim = outbox.notices.claim(ROUTING, T0 + 11)
    outbox.notices.give_up(claim, reason, T0 + 12)
    return claim


def send(outbox, now=T0 + 13):
    claim = outbox.notices.claim(ROUTING, now)
    outbox.notices.start_sending(claim, ROUTING, now)
    outbox.notices.accept(claim, "<id@mailgun>", now, last_answered={})
    return claim


def test_lists_pending_and_dead_notices(outbox, inspection):
    dead = give_up(outbox)

    found = inspection.unsettled_and_dead()

    assert [(one.notice_id, one.user, one.state) for one in found] == [
        (dead.notice_id, "ann", "dead"),
        (dead.notice_id + 1, "bob", "pending"),
    ]
    assert found[0].last_error == "no such address"


def test_lists_accepted_notices_only_when_asked(outbox, inspection):
    send(outbox)

    assert [one.user for one in inspection.unsettled_and_dead()] == ["bob"]
    assert [one.state for one in inspection.all(10)] == ["accepted", "pending"]


def test_a_dead_notice_is_sent_after_a_retry(outbox, inspection):
    dead = give_up(outbox)

    assert inspection.retry([dead.notice_id, dead.notice_id + 1], T0 + 100) == 1
    again = outbox.notices.claim(ROUTING, T0 + 100)

    assert (again.user_name, again.attempts) == ("bob", 1)
    assert outbox.notices.claim(ROUTING, T0 + 100).notice_id == dead.notice_id


def test_a_retry_of_an_ambiguous_notice_repeats_it_word_for_word(outbox, inspection):
    claim = outbox.notices.claim(ROUTING, T0 + 11)
    outbox.notices.defer_ambiguous(claim, T0 + 11, "reset", now_unix_seconds=T0 + 11)
    give_up(outbox)
    outbox.intake.take([an_alert(ends=T0 + 20)], ROUTING, T0 + 21)
    inspection.retry([claim.notice_id], T0 + 30)

    told = {}
    while again := outbox.notices.claim(ROUTING, T0 + 31):
        told[again.notice_id] = again
        outbox.notices.accept(again, "id", T0 + 31, last_answered={})

    assert told[claim.notice_id].is_ambiguous
    assert not told[claim.notice_id].reported[0].is_over


def test_a_dropped_notice_is_never_sent(outbox, inspection):
    dead = give_up(outbox)

    assert inspection.drop([dead.notice_id, dead.notice_id + 1, 999], T0 + 100) == 2
    assert outbox.notices.claim(ROUTING, T0 + 100) is None
    assert inspection.unsettled_and_dead() == []


def test_an_accepted_notice_or_one_being_sent_cannot_be_dropped(outbox, inspection):
    sent = send(outbox)
    sending = outbox.notices.claim(ROUTING, T0 + 14)

    assert inspection.drop([sent.notice_id, sending.notice_id], T0 + 100) == 0


def test_the_table_says_what_a_person_needs(outbox, inspection):
    give_up(outbox, reason="bad\x1b[2J address")

    table = notices_table(inspection.unsettled_and_dead(), T0 + 70)

    head, dead, pending = table.splitlines()
    assert head.split("  ")[0] == "ID"
    assert "  web-1  " in dead
    assert "bad?[2J address" in dead
    assert "1 min" in pending
    assert notices_table([], T0) == "no pending or dead notices"


def test_the_json_says_the_same(inspection):
    ann, bob = json.loads(notices_json(inspection.unsettled_and_dead()))

    assert (ann["user"], bob["user"], ann["created_unix_seconds"]) == ("ann", "bob", T0 + 10)


def test_one_notice_is_shown_in_full(outbox, inspection):
    claim = give_up(outbox)

    text = notice_text(inspection.notice(claim.notice_id))

    assert "state: dead" in text
    assert "last error: no such address" in text
    assert inspection.notice(999) is None


def test_an_incident_is_explained_in_the_order_of_time(outbox, inspection):
    first = send(outbox)
    outbox.intake.take([an_alert(ends=T0 + 60)], ROUTING, T0 + 61)

    lines = incident_text(inspection.incident(first.incident_id)).splitlines()

    assert lines[0] == f"incident {first.incident_id}"
    moments = [line[:23] for line in lines[1:]]
    assert moments == sorted(moments)
    text = "\n".join(lines)
    assert "HostDown fired for web-1" in text
    assert "notice 1 to ann accepted on attempt 1, provider id <id@mailgun>" in text
    assert 'Alertmanager sent "resolved" for web-1' in text
    assert inspection.incident("nonsense") is None

"""More alerts of one name than are kept one by one: they are counted, and nothing untrue is said of them."""

import sqlite3
from contextlib import closing

import pytest

from alertbridge.alerts.episodes import Verdict
from alertbridge.composing.remarks import remarks_of
from alertbridge.outbox import crowd
from alertbridge.outbox.database import Database
from alertbridge.outbox.retention import delete_expired
from tests.alertbridge.alert_builders import an_alert
from tests.alertbridge.outbox.store import Outbox

KEPT = 10


@pytest.fixture
def outbox(tmp_path, monkeypatch):
    monkeypatch.setattr(crowd, "KEPT_AT_MOST", KEPT)
    outbox = Outbox(tmp_path / "bridge.db")
    yield outbox
    outbox.close()


def series(first, last, **alert):
    return [an_alert(alertname="Series", series=str(number), **alert) for number in range(first, last + 1)]


def counted(outbox):
    with closing(sqlite3.connect(outbox.url.removeprefix("sqlite:///"))) as connection:
        return connection.execute("SELECT count(*) FROM counted_alerts").fetchone()[0]


def test_what_is_too_much_is_counted_once_and_said(outbox):
    taken = outbox.take(*series(1, 30))
    outbox.take(*series(1, 30))

    (mail,) = outbox.send_all()

    assert taken.verdicts == {Verdict.OPENED: KEPT, Verdict.COUNTED: 20}
    assert len(mail.shown) == KEPT
    assert remarks_of(mail, outbox.clock.unix_seconds()) == (
        "20 more alerts named Series are firing, according to Alertmanager; they are only counted.",
    )


def test_the_end_of_those_that_are_kept_is_no_end_of_all(outbox):
    outbox.take(*series(1, 30))
    outbox.send_all()
    outbox.clock.advance(600)
    ends = outbox.clock.unix_seconds()
    outbox.take(*series(1, KEPT, ends=ends))
    too_soon = outbox.send_all()
    outbox.take(*series(KEPT + 1, 30, ends=ends))
    outbox.clock.advance(5)

    (mail,) = outbox.send_all()

    assert too_soon == []
    assert counted(outbox) == 0
    assert [one.is_over for one in mail.shown] == [True] * KEPT


def test_what_was_counted_is_kept_once_there_is_room_and_it_is_sent_again(outbox):
    outbox.take(*series(1, 12))
    outbox.send_all()
    outbox.take(*series(1, 5, ends=outbox.clock.unix_seconds() + 1))
    outbox.take(*series(6, 12))

    assert counted(outbox) == 0


def test_alerts_of_another_name_are_kept(outbox):
    outbox.take(*series(1, 30), an_alert())

    names = {one.episode.alert.labels["alertname"] for mail in outbox.send_all() for one in mail.shown}

    assert names == {"Series", "HostDown"}


def test_counts_that_nobody_renews_are_forgotten(outbox):
    outbox.take(*series(1, 30))
    outbox.clock.advance(6 * 3600 + 1)

    delete_expired(Database(outbox.url), outbox.clock.unix_seconds())

    assert counted(outbox) == 0

"""What Mailgun reports of a mail after it accepted it, in a real outbox."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertbridge.cli.outbox_text import incident_text, notice_text
from alertbridge.outbox.database import Database, StoreError
from alertbridge.outbox.deliveries import (
    MOST_TOKENS,
    TOKEN_KEPT_SECONDS,
    Concerned,
    DeliveryNews,
    NotOurs,
    Replayed,
)
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.message_ids import message_id, notice_with_message_id
from alertbridge.outbox.outbox import open_outbox
from alertbridge.outbox.schema import Delivery, event_tokens, incidents, notices, threads
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert

SENDER = "marax <alerts@mg.example.org>"
ROUTING = a_routing(a_user("ann"), a_user("bob"))


class Mailbox:
    """An outbox, and the mails that left it."""

    def __init__(self, folder) -> None:
        self.outbox = open_outbox(f"sqlite:///{folder}/bridge.db", transport="mailgun")
        self.deliveries = self.outbox.deliveries
        self._told = 0

    def claim(self, *alerts, now=T0):
        self.outbox.intake.take(alerts, ROUTING, now)
        return self.outbox.notices.claim(ROUTING, now)

    def send(self, *alerts, now=T0):
        claim = self.claim(*alerts, now=now)
        self.outbox.notices.accept(claim, "<id>", now, last_answered={})
        return claim

    def news_of(self, claim, delivery=Delivery.DELIVERED, happened=T0 + 5, detail="") -> DeliveryNews:
        self._told += 1
        named = message_id(claim.incident_id, claim.user_name, claim.sequence, SENDER)
        return DeliveryNews(
            message_id=named,
            token=f"token-{self._told}",
            delivery=delivery,
            happened_unix_seconds=happened,
            detail=detail,
        )

    def view(self, claim):
        return Inspection(self.outbox.database).notice(claim.notice_id)


@pytest.fixture
def mailbox(tmp_path):
    made = Mailbox(tmp_path)
    yield made
    made.outbox.close()


def test_the_event_is_stored_with_the_notice(mailbox):
    sent = mailbox.send(an_alert())

    mailbox.deliveries.note(mailbox.news_of(sent, Delivery.BOUNCED, T0 + 7, "550 no\x1b such user"), T0 + 8)

    view = mailbox.view(sent)
    assert (view.state, view.delivery, view.delivery_unix_seconds) == ("accepted", "bounced", T0 + 7)
    assert "delivery: bounced: 550 no? such user at 2026-09-21 14:13:27 UTC" in notice_text(view)
    incident = Inspection(mailbox.outbox.database).incident(sent.incident_id)
    assert incident is not None
    told = incident_text(incident)
    assert "14:13:27 UTC  notice 1 to ann bounced: 550 no? such user" in told


@pytest.mark.parametrize("brackets", [("<", ">"), ("", "")])
def test_finds_the_user_by_the_message_id_with_and_without_brackets(mailbox, brackets):
    mailbox.send(an_alert())
    bob = mailbox.send()
    named = message_id(bob.incident_id, bob.user_name, bob.sequence, SENDER).strip("<>").join(brackets)
    news = DeliveryNews(
        message_id=named, token="t", delivery=Delivery.DELIVERED, happened_unix_seconds=T0, detail=""
    )

    assert mailbox.deliveries.find(news) == Concerned(user_name="bob", was_ambiguous=False)


@settings(deadline=None, max_examples=30)
@given(
    incident=st.text("23456789abcdefghjkmnpqrstuvwxyz", min_size=7, max_size=7),
    user=st.text(min_size=1),
    sequence=st.integers(0, 999_999),
)
def test_a_message_id_names_one_notice_and_only_that(incident, user, sequence):
    database = Database("sqlite://")
    database.prepare()
    its = {"incident_id": incident, "sequence": sequence}
    owed = {"priority": 0, "state": "accepted", "created_unix_seconds": T0, "next_unix_seconds": T0}
    with database.transaction() as connection:
        row = {"incident_id": incident, "alertname": "", "is_storm": False, "opened_unix_seconds": T0}
        connection.execute(incidents.insert().values(row))
        for name in (user, f"{user}x"):
            thread = {"incident_id": incident, "user_name": name, "title": ""}
            connection.execute(threads.insert().values(thread))
            connection.execute(notices.insert().values(its | owed | {"user_name": name}))
        found = notice_with_message_id(connection, message_id(incident, user, sequence, SENDER))
        other = notice_with_message_id(connection, message_id(incident, user, sequence + 1, SENDER))
    database.close()

    assert found is not None
    assert (found.user_name, found.sequence, other) == (user, sequence, None)


@pytest.mark.parametrize(
    "named",
    [
        "",
        "<>",
        "20130812164300.28108.52546@samples.mailgun.org",
        "<inc-%.0123456789@x>",
        "inc-" + "9" * 10**5,
    ],
)
def test_a_mail_of_another_program_is_not_ours(mailbox, named):
    mailbox.send(an_alert())
    news = DeliveryNews(
        message_id=named, token="t", delivery=Delivery.BOUNCED, happened_unix_seconds=T0, detail=""
    )

    assert mailbox.deliveries.find(news) == NotOurs()
    mailbox.deliveries.note(news, T0)
    assert mailbox.deliveries.find(news) == Replayed()


def test_a_token_is_good_once_also_after_a_restart(mailbox, tmp_path):
    news = mailbox.news_of(mailbox.send(an_alert()))

    mailbox.deliveries.note(news, T0)
    mailbox.outbox.close()
    mailbox.outbox = open_outbox(f"sqlite:///{tmp_path}/bridge.db", transport="mailgun")

    assert mailbox.outbox.deliveries.find(news) == Replayed()


def test_tokens_are_deleted_once_their_events_would_be_too_old(mailbox):
    old, new = (mailbox.news_of(mailbox.send(an_alert(host))) for host in ("web-1", "web-2"))
    mailbox.deliveries.note(old, T0)
    mailbox.deliveries.note(new, T0 + TOKEN_KEPT_SECONDS + 1)

    assert isinstance(mailbox.deliveries.find(old), Concerned)
    assert mailbox.deliveries.find(new) == Replayed()


def test_the_newest_tokens_are_kept_however_many_come(mailbox):
    with mailbox.outbox.database.transaction() as connection:
        many = [{"token": f"t{n}", "told_unix_seconds": T0 + n / 100} for n in range(MOST_TOKENS)]
        connection.execute(event_tokens.insert(), many)

    is_new = [mailbox.deliveries.spend(token, T0 + 300) for token in ("new", "t1", "new", "t0")]

    assert is_new == [True, False, False, True]


def test_an_earlier_event_that_comes_later_changes_nothing(mailbox):
    sent = mailbox.send(an_alert())

    mailbox.deliveries.note(mailbox.news_of(sent, Delivery.DELIVERED, T0 + 60), T0 + 61)
    mailbox.deliveries.note(mailbox.news_of(sent, Delivery.DELAYED, T0 + 30, "421 later"), T0 + 62)

    assert mailbox.view(sent).delivery == "delivered"


def test_an_event_settles_an_ambiguous_mail(mailbox):
    claim = mailbox.claim(an_alert())
    mailbox.outbox.notices.defer_ambiguous(claim, T0 + 10, "reset", now_unix_seconds=T0 + 1)
    news = mailbox.news_of(claim)

    assert mailbox.deliveries.find(news) == Concerned(user_name="ann", was_ambiguous=True)
    mailbox.deliveries.note(news, T0 + 6)

    assert mailbox.view(claim).state == "accepted"
    assert mailbox.outbox.notices.claim(ROUTING, T0 + 60).user_name == "bob"
    assert mailbox.outbox.notices.claim(ROUTING, T0 + 60) is None


def test_an_event_of_a_mail_that_is_being_sent_again_leaves_it_to_the_sender(mailbox):
    claim = mailbox.claim(an_alert())
    mailbox.outbox.notices.defer_ambiguous(claim, T0, "reset", now_unix_seconds=T0)
    again = mailbox.outbox.notices.claim(ROUTING, T0 + 1)
    mailbox.deliveries.note(mailbox.news_of(claim), T0 + 2)

    mailbox.outbox.notices.accept(again, "<id>", T0 + 3, last_answered={})

    assert (mailbox.view(claim).state, mailbox.view(claim).delivery) == ("accepted", "delivered")


def test_a_user_is_undeliverable_from_a_bounce_to_the_next_delivery(mailbox):
    def is_undeliverable():
        return mailbox.deliveries.is_undeliverable("ann")

    first = mailbox.send(an_alert("web-1"))
    mailbox.send()
    known = [is_undeliverable()]
    mailbox.deliveries.note(mailbox.news_of(first, Delivery.SUPPRESSED, T0 + 1, "bounced before"), T0 + 1)
    known.append(is_undeliverable())
    second = mailbox.send(an_alert("web-2"))
    mailbox.deliveries.note(mailbox.news_of(second, Delivery.DELAYED, T0 + 2), T0 + 2)
    known.append(is_undeliverable())
    mailbox.deliveries.note(mailbox.news_of(second, Delivery.DELIVERED, T0 + 3), T0 + 3)
    known.append(is_undeliverable())

    assert known == [False, True, True, False]
    assert not mailbox.deliveries.is_undeliverable("bob")


def test_says_when_it_cannot_be_stored(mailbox):
    news = mailbox.news_of(mailbox.send(an_alert()))
    with mailbox.outbox.database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE event_tokens")

    with pytest.raises(StoreError, match="event_tokens"):
        mailbox.deliveries.note(news, T0)

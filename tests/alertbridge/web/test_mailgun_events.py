"""Mailgun's posts about mails, through Flask's test client and a real outbox."""

import hmac
import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from alertbridge.delivery.events import DeliveryEvents
from alertbridge.delivery.unreachable import UnreachableUsers
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.inspection import Inspection
from alertbridge.outbox.message_ids import message_id
from alertbridge.outbox.outbox import open_outbox
from alertbridge.web.mailgun_events import MailgunEvents
from marax.flask_problems import respond_with_problems
from marax.settings.secret import Secret
from tests.alertbridge.alert_builders import T0, a_routing, a_user, an_alert
from tests.fakes.clock import FakeClock
from tests.fakes.live_config import FakeLiveConfig

KEY = "signing-key-5ecret"
TOKEN = "e0b5477167110d68991efc6b9f89f0a11066af27834600e123"
ROUTING = a_routing(a_user("ann"), a_user("ops", is_admin=True, hosts=("db-*",)))


def a_signature(*, key: str = KEY, token: str = TOKEN, at: float = T0) -> dict[str, Any]:
    timestamp = str(int(at))
    digest = hmac.new(key.encode(), (timestamp + token).encode(), sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": digest}


class Site:
    """The route, with one mail to ann that Mailgun took at T0."""

    def __init__(self, folder) -> None:
        self.path = folder / "bridge.db"
        self.clock = FakeClock(T0)
        self.outbox = open_outbox(f"sqlite:///{self.path}", transport="mailgun")
        self.live = FakeLiveConfig(mailgun_signing_key=Secret(KEY))
        self.metrics = Metrics()
        self.app = Flask("alertbridge")
        respond_with_problems(self.app)
        self.undeliverable = UnreachableUsers(
            open_alerts=self.outbox.intake,
            bounces=self.outbox.deliveries.is_undeliverable,
            raise_alert=self.take,
            clock=self.clock,
        )
        events = DeliveryEvents(self.outbox.deliveries, self.undeliverable, self.clock, self.metrics)
        MailgunEvents(events, self.live, self.metrics, self.clock).add_to(self.app)
        self.take(an_alert())
        self.sent = self.send()

    def take(self, alert):
        self.outbox.intake.take([alert], ROUTING, self.clock.unix_seconds())

    def send(self):
        claim = self.outbox.notices.claim(ROUTING, self.clock.unix_seconds())
        assert claim is not None
        self.outbox.notices.accept(claim, "<id>", self.clock.unix_seconds(), last_answered={})
        return claim

    def an_event(self, event="delivered", **more) -> dict[str, Any]:
        named = message_id(self.sent.incident_id, self.sent.user_name, self.sent.sequence, "a@mg.example.org")
        told = {"event": event, "timestamp": T0 + 0.5, "id": "G9Bn5sl1TC6nu79C8C0bwg", "recipient": "x@y.org"}
        return told | {"message": {"headers": {"message-id": named.strip("<>")}}} | more

    def post(self, event=None, signature=None, body=None):
        whole = {"signature": signature or a_signature(), "event-data": event or self.an_event()}
        return self.app.test_client().post(
            "/mailgun/events", data=json.dumps(whole) if body is None else body
        )

    @property
    def notice(self):
        return Inspection(self.outbox.database).notice(self.sent.notice_id)

    def told_to_admins(self) -> list[tuple[str, bool]]:
        mails = []
        while claim := self.outbox.notices.claim(ROUTING, self.clock.unix_seconds()):
            mails.append((claim.title, claim.reported[0].is_over))
            self.outbox.notices.accept(claim, "id", self.clock.unix_seconds(), last_answered={})
        return mails

    def count(self, result: str) -> float | None:
        name = "alertbridge_mailgun_events_total"
        return self.metrics.registry.get_sample_value(name, {"result": result})


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.outbox.close()


def failed(severity="permanent", reason="bounce", message="No such user") -> dict[str, Any]:
    status = {"code": 550, "message": message, "description": None}
    return {"event": "failed", "severity": severity, "reason": reason, "delivery-status": status}


@pytest.mark.parametrize(
    ("told", "delivery", "detail"),
    [
        ({"event": "delivered"}, "delivered", ""),
        (failed("temporary", "generic", "Mailbox full"), "delayed", "Mailbox full"),
        (failed(), "bounced", "No such user"),
        (failed(reason="suppress-bounce", message="Not delivering"), "suppressed", "Not delivering"),
        (failed(reason="suppress-complaint", message=""), "suppressed", "suppress-complaint"),
        ({"event": "rejected"}, "bounced", ""),
    ],
    ids=["delivered", "temporary", "permanent", "suppressed", "complained before", "rejected"],
)
def test_what_became_of_a_mail_is_kept_with_its_notice(site, told, delivery, detail):
    answer = site.post(site.an_event(**told))

    assert (answer.status_code, answer.text) == (200, f"{delivery}\n")
    assert (site.notice.delivery, site.notice.delivery_detail) == (delivery, detail)
    assert site.notice.delivery_unix_seconds == T0  # Mailgun's clock is half a second ahead
    assert site.count(delivery) == 1


def test_the_admins_are_told_once_of_mail_that_comes_back_and_once_that_it_arrives(site):
    for number, told in enumerate((failed(), failed(), failed(reason="suppress-bounce"))):
        site.post(site.an_event(**told), a_signature(token=f"token-{number}"))
        site.undeliverable.note_accepted("ann")  # as every mail to a bouncing address is
    before = site.told_to_admins()
    site.clock.advance(60)

    site.post(site.an_event(timestamp=T0 + 60), a_signature(token="later"))

    assert before == [("mail for ann: not delivered", False)]
    assert site.told_to_admins() == [("mail for ann: not delivered", True)]


def test_a_delay_is_no_news_for_the_admins(site):
    site.post(site.an_event(**failed("temporary")))

    assert site.told_to_admins() == []


def test_a_mail_in_doubt_is_settled_by_the_news_of_it(site):
    site.take(an_alert("web-2"))
    site.sent = claim = site.outbox.notices.claim(ROUTING, T0)
    site.outbox.notices.defer_ambiguous(claim, T0 + 10, "reset", now_unix_seconds=T0)

    assert site.post().status_code == 200

    assert site.notice.state == "accepted"
    resolved = {"resolved_by": "event"}
    assert site.metrics.registry.get_sample_value("alertbridge_ambiguous_total", resolved) == 1


@pytest.mark.parametrize(
    "signature",
    [
        a_signature(key="another"),
        a_signature() | {"token": TOKEN[::-1]},
        a_signature() | {"timestamp": str(int(T0) + 1)},
        a_signature() | {"signature": ""},
        a_signature() | {"signature": "ü" * 64},
        a_signature() | {"signature": a_signature()["signature"].upper()},
    ],
    ids=["another key", "another token", "another time", "no digest", "no hexadecimal", "capitals"],
)
def test_what_mailgun_did_not_sign_changes_nothing(site, signature):
    answer = site.post(signature=signature)

    assert (answer.status_code, site.notice.delivery, site.count("bad_signature")) == (403, None, 1)
    assert answer.get_json()["type"] == "urn:marax:problem:bad-signature"
    assert KEY not in answer.text


@pytest.mark.parametrize(("seconds", "status"), [(-901, 406), (-899, 200), (899, 200), (901, 406)])
def test_a_signature_is_good_for_a_quarter_of_an_hour(site, seconds, status):
    answer = site.post(signature=a_signature(at=T0 + seconds))

    assert answer.status_code == status


def test_a_token_is_good_once(site):
    first, again = site.post(), site.post(site.an_event(**failed()))

    assert (first.status_code, again.status_code) == (200, 406)
    assert (site.notice.delivery, site.count("replayed")) == ("delivered", 1)


@pytest.mark.parametrize(
    "first",
    [
        {"event": "opened"},
        {"event": 7},
        {"message": {"headers": {"message-id": "20130812164300.28108.52546@samples.mailgun.org"}}},
    ],
    ids=["of no interest", "no event", "not ours"],
)
def test_a_signature_that_came_with_another_event_is_good_for_none(site, first):
    site.post(site.an_event() | first)

    again = site.post(site.an_event(**failed()))

    assert (again.status_code, site.notice.delivery, site.count("replayed")) == (406, None, 1)


@pytest.mark.parametrize("digits", [1, -1])
def test_a_digit_that_wanders_between_time_and_token_makes_no_new_token(site, digits):
    signed = a_signature(token="5" + TOKEN)
    site.post(signature=signed)
    text = signed["timestamp"] + signed["token"]
    shifted = signed | {"timestamp": text[: 10 + digits], "token": text[10 + digits :]}

    answer = site.post(site.an_event(**failed()), shifted)

    assert (answer.status_code, site.notice.delivery) == (406, "delivered")


def test_what_could_not_be_stored_is_told_again(site):
    with closing(sqlite3.connect(site.path)) as connection, connection:
        connection.execute("ALTER TABLE event_tokens RENAME TO elsewhere")
    first = site.post(site.an_event(**failed()))
    with closing(sqlite3.connect(site.path)) as connection, connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO event_tokens")

    again = site.post(site.an_event(**failed()))

    assert (first.status_code, again.status_code, site.notice.delivery) == (503, 200, "bounced")
    assert site.told_to_admins() == [("mail for ann: not delivered", False)]


def test_mails_of_other_programs_are_none_of_ours(site):
    other = {"message": {"headers": {"message-id": "20130812164300.28108.52546@samples.mailgun.org"}}}

    answer = site.post(site.an_event(**failed(), **other))

    assert (answer.status_code, site.count("not_ours"), site.told_to_admins()) == (200, 1, [])


@pytest.mark.parametrize(
    "event", ["accepted", "opened", "clicked", "complained", "unsubscribed", "brand-new"]
)
def test_other_events_are_taken_and_left_at_that(site, event):
    answer = site.post(site.an_event(event))

    assert (answer.status_code, site.notice.delivery, site.count("ignored")) == (200, None, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"signature": null, "event-data": {}}',
        b'{"signature": {"timestamp": 1.5, "token": "", "signature": ""}, "event-data": {}}',
        json.dumps({"signature": a_signature(), "event-data": None}).encode(),
        json.dumps({"signature": a_signature(), "event-data": {"event": 7, "timestamp": 1}}).encode(),
        json.dumps({"signature": a_signature(), "event-data": {"event": "delivered"}}).encode(),
        json.dumps({"signature": a_signature(token="x" * 101), "event-data": {}}).encode(),
    ],
)
def test_what_is_no_event_is_refused_for_good(site, body):
    answer = site.post(body=body)

    assert (answer.status_code, site.count("not_an_event")) == (406, 1)


def test_a_body_beyond_all_events_is_refused(site):
    assert site.post(body=b" " * (256 * 1024 + 1)).status_code == 413


def test_there_is_no_such_route_without_a_signing_key(site):
    site.live.mailgun_signing_key = None

    assert site.post().status_code == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.outbox.close()


@settings(deadline=None)
@given(event=JSON, detail=JSON, token=st.text(min_size=1, max_size=100))
def test_whatever_mailgun_signs_is_answered(lasting, event, detail, token):
    told = lasting.an_event("failed") | {"delivery-status": {"message": detail}}
    for one in (event, told):
        signature = a_signature(token=token)
        body = json.dumps({"signature": signature, "event-data": one}).encode()

        assert lasting.post(body=body).status_code in (200, 406)

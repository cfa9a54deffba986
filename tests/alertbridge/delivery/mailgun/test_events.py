"""What a post of Mailgun's says about a mail."""

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertbridge.delivery.mailgun.events import NoNews, SignedNoNews, parse_event
from alertbridge.outbox.deliveries import DeliveryNews
from alertbridge.outbox.schema import Delivery
from marax.settings.secret import Secret

KEY = "signing-key-5ecret"
NOW = 1_790_000_000.0
TOKEN = "e0b5477167110d68991efc6b9f89f0a11066af27834600e123"


def a_post(event: object, *, key: str = KEY, at: float = NOW) -> bytes:
    timestamp = str(int(at))
    digest = hmac.new(key.encode(), (timestamp + TOKEN).encode(), sha256).hexdigest()
    signature = {"timestamp": timestamp, "token": TOKEN, "signature": digest}
    return json.dumps({"signature": signature, "event-data": event}).encode()


def an_event(event: str = "delivered", **fields: Any) -> dict[str, Any]:
    message = {"headers": {"message-id": "inc-1.ann@mg.example.org"}}
    return {"event": event, "timestamp": NOW - 5, "message": message, **fields}


def news_in(body: bytes) -> DeliveryNews | SignedNoNews | NoNews:
    return parse_event(body, Secret(KEY), NOW)


@pytest.mark.parametrize(
    ("event", "delivery", "detail"),
    [
        (an_event(), Delivery.DELIVERED, ""),
        (
            an_event("failed", severity="temporary", **{"delivery-status": {"message": "450  greylisted"}}),
            Delivery.DELAYED,
            "450 greylisted",
        ),
        (an_event("failed", severity="permanent", reason="bounce"), Delivery.BOUNCED, "bounce"),
        (
            an_event("failed", severity="permanent", reason="suppress-bounce"),
            Delivery.SUPPRESSED,
            "suppress-bounce",
        ),
        (an_event("rejected", **{"delivery-status": {"description": "policy"}}), Delivery.BOUNCED, "policy"),
    ],
    ids=["delivered", "delayed", "bounced", "suppressed", "rejected"],
)
def test_says_what_became_of_a_mail(event, delivery, detail):
    assert news_in(a_post(event)) == DeliveryNews(
        message_id="inc-1.ann@mg.example.org",
        token=TOKEN,
        delivery=delivery,
        happened_unix_seconds=NOW - 5,
        detail=detail,
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (a_post(an_event(), key="another"), NoNews.BAD_SIGNATURE),
        (a_post(an_event(), at=NOW - 901), NoNews.STALE),
        (a_post(an_event(), at=NOW + 901), NoNews.STALE),
        (b"[" * 100_000, NoNews.NOT_AN_EVENT),
    ],
    ids=["another key", "too old", "from the future", "nested"],
)
def test_says_why_a_post_holds_no_news(body, why):
    assert news_in(body) is why


@pytest.mark.parametrize(
    ("event", "why"), [(an_event("opened"), NoNews.IRRELEVANT), ("text", NoNews.NOT_AN_EVENT)]
)
def test_names_the_token_of_what_is_signed_and_no_news(event, why):
    assert news_in(a_post(event)) == SignedNoNews(token=TOKEN, why=why)


@given(body=st.binary(max_size=200))
def test_takes_nothing_that_is_not_signed(body):
    assert news_in(body) is NoNews.NOT_AN_EVENT


def test_nothing_happened_later_than_now():
    news = news_in(a_post(an_event() | {"timestamp": NOW + 1e6}))

    assert isinstance(news, DeliveryNews)
    assert news.happened_unix_seconds == NOW

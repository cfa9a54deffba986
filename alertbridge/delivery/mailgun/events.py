"""Mailgun's webhook: its signature, and what it says about a mail; pure.

Source: the "Webhooks" pages of Mailgun's user manual.
"""

import hmac
import re
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256
from typing import Annotated, TypeVar

import msgspec

from alertbridge.outbox.deliveries import DeliveryNews
from alertbridge.outbox.schema import Delivery
from marax.settings.secret import Secret

_OLDEST_SECONDS = 900.0
_LONGEST_DETAIL = 200
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

Shape = TypeVar("Shape", bound=msgspec.Struct)


class NoNews(Enum):
    """Why a post holds nothing for us."""

    IRRELEVANT = auto()
    NOT_AN_EVENT = auto()
    BAD_SIGNATURE = auto()
    STALE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNoNews:
    """A post that Mailgun has signed and that holds nothing for us.

    The signature is not over the event, so its *token* is good for no other event from now on.
    """

    token: str
    why: NoNews


def parse_event(body: bytes, key: Secret, now_unix_seconds: float) -> DeliveryNews | SignedNoNews | NoNews:
    """Return what a post says about a mail; Mailgun has signed it with *key*, not long before *now*."""
    post = _decoded(body, _Post)
    if post is None:
        return NoNews.NOT_AN_EVENT
    if not _is_signed(post.signature, key):
        return NoNews.BAD_SIGNATURE
    if not _is_recent(post.signature, now_unix_seconds):
        return NoNews.STALE
    token = post.signature.token
    event = _decoded(post.event_data, _Event)
    if event is None:
        return SignedNoNews(token=token, why=NoNews.NOT_AN_EVENT)
    news = _news_in(event, token, now_unix_seconds)
    return SignedNoNews(token=token, why=NoNews.IRRELEVANT) if news is None else news


class _Signature(msgspec.Struct):
    timestamp: str | int
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    signature: Annotated[str, msgspec.Meta(max_length=100)]


class _Post(msgspec.Struct):
    signature: _Signature
    event_data: msgspec.Raw = msgspec.field(name="event-data")


class _Headers(msgspec.Struct):
    message_id: str = msgspec.field(name="message-id", default="")


class _Message(msgspec.Struct):
    headers: _Headers = msgspec.field(default_factory=_Headers)


class _Status(msgspec.Struct):
    message: str | None = None
    description: str | None = None


class _Event(msgspec.Struct):
    event: str
    timestamp: float
    severity: str | None = None
    reason: str | None = None
    message: _Message = msgspec.field(default_factory=_Message)
    status: _Status = msgspec.field(name="delivery-status", default_factory=_Status)


def _decoded(body: bytes | msgspec.Raw, shape: type[Shape]) -> Shape | None:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _is_signed(signature: _Signature, key: Secret) -> bool:
    signed = f"{signature.timestamp}{signature.token}".encode()
    digest = hmac.new(key.reveal().encode(), signed, sha256).hexdigest()
    return hmac.compare_digest(digest.encode(), signature.signature.encode())


def _is_recent(signature: _Signature, now_unix_seconds: float) -> bool:
    """Say whether it was signed at most 15 minutes before or after now.

    After, too: the digest is over timestamp and token as one text, so a digit moved from one to the other
    would make a new token, with a timestamp far from now.
    """
    timestamp = str(signature.timestamp)
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    return abs(now_unix_seconds - int(timestamp)) <= _OLDEST_SECONDS


def _news_in(event: _Event, token: str, now_unix_seconds: float) -> DeliveryNews | None:
    delivery = _delivery_of(event)
    if delivery is None:
        return None
    detail = event.status.message or event.status.description or event.reason or ""
    return DeliveryNews(
        message_id=event.message.headers.message_id,
        token=token,
        delivery=delivery,
        happened_unix_seconds=min(event.timestamp, now_unix_seconds),
        detail="" if delivery is Delivery.DELIVERED else " ".join(detail.split())[:_LONGEST_DETAIL],
    )


def _delivery_of(event: _Event) -> Delivery | None:
    match event.event, event.severity:
        case "delivered", _:
            return Delivery.DELIVERED
        case "failed", "temporary":
            return Delivery.DELAYED
        case "failed", _ if (event.reason or "").startswith("suppress"):
            return Delivery.SUPPRESSED
        case "failed" | "rejected", _:
            return Delivery.BOUNCED
        case _:
            return None

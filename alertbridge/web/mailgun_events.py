"""Mailgun's webhook: what became of mails, signed by Mailgun.

Source: the "Webhooks" pages of Mailgun's user manual. Mailgun tries again for 8 hours after any answer but
200 and 406, so 406 is for what will never be taken.
"""

import hmac
import logging
import re
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Protocol, TypeVar

import msgspec
from flask import Flask, Response, abort, request

from alertbridge.metrics import Metrics
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.deliveries import Concerned, DeliveryNews, NotOurs, Replayed
from alertbridge.outbox.schema import Delivery
from marax.clock import Clock
from marax.flask_problems import told
from marax.problems import Problem
from marax.settings.secret import Secret

_LARGEST_BODY_BYTES = 256 * 1024
_OLDEST_SECONDS = 900.0
_LONGEST_DETAIL = 200
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

Shape = TypeVar("Shape", bound=msgspec.Struct)

logger = logging.getLogger(__name__)


class DeliveryEvents(Protocol):
    """Takes what is told of mails."""

    def take(self, news: DeliveryNews) -> Concerned | NotOurs | Replayed:
        """Take *news* and return whom they concern; StoreError when they have to be told again."""
        ...


class SigningKeyConfig(Protocol):
    """What the settings in force say: Mailgun's webhook signing key; None as long as there is none."""

    @property
    def mailgun_signing_key(self) -> Secret | None: ...


class MailgunEvents:
    """Answers Mailgun's posts."""

    def __init__(
        self, events: DeliveryEvents, live: SigningKeyConfig, metrics: Metrics, clock: Clock
    ) -> None:
        self._events = events
        self._live = live
        self._metrics = metrics
        self._clock = clock

    def add_to(self, app: Flask) -> None:
        """Let *app* have the route."""
        app.post("/mailgun/events")(self.answer)

    def answer(self) -> Response:
        """Return the answer to the request at hand."""
        key = self._live.mailgun_signing_key
        if key is None:
            abort(HTTPStatus.NOT_FOUND)
        body = request.get_data()
        if len(body) > _LARGEST_BODY_BYTES:
            abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            result = self._result(body, key)
        except _RefusedError as error:
            self._count(error.problem.kind)
            return told(error.problem)
        except StoreError as error:
            logger.error("cannot store an event from Mailgun", extra={"reason": str(error)})  # noqa: TRY400 - told, no surprise
            self._count("not-stored")
            return told(_problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-stored", "It could not be stored"))
        self._count(result)
        return Response(f"{result}\n", mimetype="text/plain")

    def _result(self, body: bytes, key: Secret) -> str:
        post = _decoded(body, _Post)
        _check(post.signature, key, self._clock.unix_seconds())
        news = _news_in(_decoded(post.event_data, _Event), post.signature.token, self._clock.unix_seconds())
        if news is None:
            return "ignored"
        match self._events.take(news):
            case Concerned():
                return news.delivery.value
            case NotOurs():
                return "not-ours"
            case Replayed():
                raise _RefusedError(_problem(HTTPStatus.NOT_ACCEPTABLE, "replayed", "This was told before"))

    def _count(self, result: str) -> None:
        self._metrics.mailgun_events.labels(result=result.replace("-", "_")).inc()


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


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


def _decoded(body: bytes | msgspec.Raw, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        problem = _problem(HTTPStatus.NOT_ACCEPTABLE, "not-an-event", "Not an event of Mailgun")
        raise _RefusedError(problem) from error


def _check(signature: _Signature, key: Secret, now_unix_seconds: float) -> None:
    """Return when Mailgun signed this, and lately.

    The digest is over timestamp and token as one text; that a digit cannot wander from one to the other,
    to make a token that is new, is seen to by holding the timestamp to both sides of now.
    """
    timestamp = str(signature.timestamp)
    signed = f"{timestamp}{signature.token}".encode()
    digest = hmac.new(key.reveal().encode(), signed, sha256).hexdigest()
    if not hmac.compare_digest(digest.encode(), signature.signature.encode()):
        title = "Not signed with webhook_signing_key_file's key"
        raise _RefusedError(_problem(HTTPStatus.FORBIDDEN, "bad-signature", title))
    if not _TIMESTAMP.fullmatch(timestamp) or abs(now_unix_seconds - int(timestamp)) > _OLDEST_SECONDS:
        raise _RefusedError(_problem(HTTPStatus.NOT_ACCEPTABLE, "stale", "Signed more than 15 minutes ago"))


def _news_in(event: _Event, token: str, now_unix_seconds: float) -> DeliveryNews | None:
    delivery = _delivery_told(event)
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


def _delivery_told(event: _Event) -> Delivery | None:
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


def _problem(status: HTTPStatus, kind: str, title: str) -> Problem:
    return Problem(status=status, kind=kind, title=title)

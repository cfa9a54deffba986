"""The route for Mailgun's webhook, which reports what became of mails.

Mailgun tries again for 8 hours after any answer but 200 and 406, so 406 is for what will never be accepted.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol, assert_never

from flask import Flask, Response, abort, request

from alertbridge.delivery.mailgun.events import NoNews, SignedNoNews, parse_event
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.database import StoreError
from alertbridge.outbox.deliveries import Concerned, DeliveryNews, NotOurs, Replayed
from marax.clock import Clock
from marax.flask_problems import problem_response
from marax.problems import Problem
from marax.settings.secret import Secret

_LARGEST_BODY_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


class DeliveryEvents(Protocol):
    """Takes what is reported about mails."""

    def take(self, news: DeliveryNews) -> Concerned | NotOurs | Replayed:
        """Take *news* and return whom they concern; StoreError when they have to be reported again."""
        ...

    def spend(self, token: str) -> bool:
        """Return whether an event with that *token* is the first; StoreError when that is not known."""
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
            result = self._result(parse_event(body, key, self._clock.unix_seconds()))
        except StoreError as error:
            logger.error("cannot store a Mailgun event", extra={"reason": str(error)})  # noqa: TRY400 - a value, no surprise
            result = _NOT_STORED
        word = result.kind if isinstance(result, Problem) else result
        self._metrics.mailgun_events.labels(result=word.replace("-", "_")).inc()
        if isinstance(result, Problem):
            return problem_response(result)
        return Response(f"{result}\n", mimetype="text/plain")

    def _result(self, news: DeliveryNews | SignedNoNews | NoNews) -> str | Problem:
        match news:
            case NoNews():
                return _ANSWERS[news]
            case SignedNoNews():
                return _ANSWERS[news.why] if self._events.spend(news.token) else _REPLAYED
            case DeliveryNews():
                return self._taken(news)
            case _:
                assert_never(news)

    def _taken(self, news: DeliveryNews) -> str | Problem:
        match self._events.take(news):
            case Concerned():
                return news.delivery.value
            case NotOurs():
                return "not-ours"
            case Replayed():
                return _REPLAYED


_NOT_AN_EVENT = Problem(
    status=HTTPStatus.NOT_ACCEPTABLE, kind="not-an-event", title="Not a valid Mailgun event"
)
_BAD_SIGNATURE = Problem(
    status=HTTPStatus.FORBIDDEN,
    kind="bad-signature",
    title="Not signed with the key in webhook_signing_key_file",
)
_STALE = Problem(
    status=HTTPStatus.NOT_ACCEPTABLE, kind="stale", title="Not signed within the last 15 minutes"
)
_ANSWERS: Mapping[NoNews, str | Problem] = {
    NoNews.IRRELEVANT: "ignored",
    NoNews.NOT_AN_EVENT: _NOT_AN_EVENT,
    NoNews.BAD_SIGNATURE: _BAD_SIGNATURE,
    NoNews.STALE: _STALE,
}
_REPLAYED = Problem(status=HTTPStatus.NOT_ACCEPTABLE, kind="replayed", title="This event was received before")
_NOT_STORED = Problem(
    status=HTTPStatus.SERVICE_UNAVAILABLE, kind="not-stored", title="The event could not be stored"
)

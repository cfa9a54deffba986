"""The bridge's routes: the webhook, the targets, health and metrics."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol

from flask import Flask, Response, jsonify, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from alertbridge.alerts.payload import Payload, PayloadError, parse_payload
from alertbridge.fleet.hosts import HostSettings
from alertbridge.fleet.targets import target_groups
from alertbridge.metrics.table import Metrics
from alertbridge.outbox.database import StoreError
from marax.clock import Clock
from marax.flask_problems import problem_response, respond_with_problems
from marax.problems import Problem
from marax.settings.secret import Secret

LARGEST_BODY_BYTES = 32 * 1024 * 1024
_LONGEST_DETAIL = 300

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """Takes in what Alertmanager posts."""

    def take(self, payload: Payload) -> None:
        """Store the alerts of *payload* and all that follows; StoreError when it has to come again."""
        ...


class Health(Protocol):
    """Knows how the bridge fares."""

    def problems(self) -> list[str]:
        """Return what keeps alerts from being stored, in words; empty when nothing does."""
        ...

    def warnings(self) -> list[str]:
        """Return what keeps mail from leaving, in words; empty when nothing does."""
        ...


class WebConfig(Protocol):
    """What the settings in force say: the token that Alertmanager and Prometheus bear, and the hosts."""

    @property
    def webhook_token(self) -> Secret: ...

    @property
    def hosts(self) -> Sequence[HostSettings]: ...


def create_app(receiver: Receiver, health: Health, live: WebConfig, metrics: Metrics, clock: Clock) -> Flask:
    """Return the WSGI application."""
    app = Flask("alertbridge", static_folder=None)
    app.url_map.strict_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    respond_with_problems(app)
    webhook = _Webhook(receiver, live, clock)

    @app.post("/alerts")
    def post_alerts() -> Response:
        began = clock.monotonic_seconds()
        answer = webhook.answer()
        metrics.webhook_requests.labels(code=answer.status_code).inc()
        metrics.webhook_seconds.observe(clock.monotonic_seconds() - began)
        return answer

    @app.get("/targets")
    def get_targets() -> Response:
        return jsonify(target_groups(live.hosts)) if _bears(live.webhook_token) else _refuse_token()

    @app.get("/metrics")
    def get_metrics() -> Response:
        return _exposition(metrics.registry)

    @app.get("/-/healthy")
    def get_healthy() -> Response:
        return Response("marax-alertbridge is healthy.\n", mimetype="text/plain")

    @app.get("/-/ready")
    def get_ready() -> Response:
        problems = health.problems()
        lines = problems or ["marax-alertbridge is ready.", *health.warnings()]
        text = "".join(f"{line}\n" for line in lines)
        return Response(text, 503 if problems else 200, mimetype="text/plain")

    return app


class _Webhook:
    def __init__(self, receiver: Receiver, live: WebConfig, clock: Clock) -> None:
        self._receiver = receiver
        self._live = live
        self._clock = clock

    def answer(self) -> Response:
        if not _bears(self._live.webhook_token):
            return _refuse_token()
        coding = request.headers.get("Content-Encoding", "").strip().lower()
        if coding not in ("", "identity"):
            return _refuse_coding()
        try:
            payload = parse_payload(request.get_data(), self._clock.unix_seconds())
        except PayloadError as error:
            detail = str(error)[:_LONGEST_DETAIL]
            logger.warning("invalid webhook payload", extra={"reason": detail})
            return _tell(HTTPStatus.BAD_REQUEST, "not-a-payload", "Not an Alertmanager payload", detail)
        try:
            self._receiver.take(payload)
        except StoreError as error:
            logger.error("cannot store alerts", extra={"reason": str(error)})  # noqa: TRY400 - a value, no surprise
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return _tell(status, "not-stored", "The alerts could not be stored", "Send them again.")
        return Response("stored\n", mimetype="text/plain")


def _bears(token: Secret) -> bool:
    scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and token.matches(offered.strip())


def _tell(status: HTTPStatus, kind: str, title: str, detail: str) -> Response:
    return problem_response(Problem(status=status, kind=kind, title=title, detail=detail))


def _refuse_token() -> Response:
    detail = "Send the token of webhook.token_file as `Authorization: Bearer`."
    answer = _tell(HTTPStatus.UNAUTHORIZED, "bad-token", "A valid bearer token is required", detail)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="marax-alertbridge"'
    return answer


def _refuse_coding() -> Response:
    detail = "Send it uncompressed: without Content-Encoding, as Alertmanager and Grafana do."
    logger.warning("compressed webhook payload")
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    answer = _tell(status, "compressed", "The body is compressed", detail)
    answer.headers["Accept-Encoding"] = "identity"
    return answer


def _exposition(registry: CollectorRegistry) -> Response:
    """Return the metrics as OpenMetrics 1.0.0 to those who ask for any version of it, else as text 0.0.4.

    Not by `choose_encoder`, which raises for a version that is no number.
    """
    if "application/openmetrics-text" in request.headers.get("Accept", ""):
        exposition: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
        return Response(exposition, content_type=openmetrics.CONTENT_TYPE_LATEST)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

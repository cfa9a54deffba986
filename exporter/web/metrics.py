"""`GET /metrics`: what is asked for, by when, and in which form it goes out."""

import gzip
import re
from http import HTTPStatus
from typing import Protocol

from flask import Request, Response
from prometheus_client.metrics_core import Metric
from werkzeug.datastructures import MIMEAccept

from exporter.scrape.exposition import OPENMETRICS, TEXT, as_openmetrics, as_text
from exporter.scrape.scraper import Selection, UnknownNameError
from marax.flask_problems import problem_response
from marax.problems import Problem

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,18})?")
_TEXT_TYPE, _OPENMETRICS_TYPE = (kind.partition(";")[0] for kind in (TEXT, OPENMETRICS))
_USUAL_TIMEOUT_SECONDS = 5.0
_RESERVE_SECONDS = 0.5
_SHORTEST_SECONDS = 0.1
_LONGEST_SECONDS = 30.0


class Scrape(Protocol):
    """What answers a scrape; see `exporter.scrape.scraper.Scraper`."""

    def scrape(self, selection: Selection, *, within_seconds: float) -> list[Metric]: ...


def answer_scrape(scraper: Scrape, request: Request) -> Response:
    """Return the exposition that *request* asks for, or the problem with it."""
    timeout = request.headers.get("X-Prometheus-Scrape-Timeout-Seconds")
    try:
        metrics = scraper.scrape(_selection(request), within_seconds=budget_seconds(timeout))
    except UnknownNameError as error:
        return problem_response(
            Problem(
                status=HTTPStatus.BAD_REQUEST,
                kind="unknown-name",
                title="Unknown collector or metric.",
                detail=str(error),
            )
        )
    return _exposition(request, metrics)


def budget_seconds(timeout: str | None) -> float:
    """Return how long a scrape may take when Prometheus says that its timeout is *timeout* seconds.

    Half a second less, for the way; 4.5 s when it does not say, or says what is not a time. Never more than
    30 s: whoever asks holds a thread for as long as a collector is stuck.
    """
    said = float(timeout) if timeout and _SECONDS.fullmatch(timeout) else _USUAL_TIMEOUT_SECONDS
    return min(_LONGEST_SECONDS, max(_SHORTEST_SECONDS, said - _RESERVE_SECONDS))


def _selection(request: Request) -> Selection:
    query = request.args
    return Selection(
        collect=frozenset(query.getlist("collect[]")),
        exclude=frozenset(query.getlist("exclude[]")),
        names=frozenset(query.getlist("name[]")),
    )


def _exposition(request: Request, metrics: list[Metric]) -> Response:
    if wants_openmetrics(request.accept_mimetypes):
        body, content_type = as_openmetrics(metrics), OPENMETRICS
    else:
        body, content_type = as_text(metrics), TEXT
    answer = Response(body, content_type=content_type)
    answer.vary.update(("Accept", "Accept-Encoding"))
    if request.accept_encodings.quality("gzip") > 0:
        answer.set_data(gzip.compress(body, compresslevel=1, mtime=0))
        answer.content_encoding = "gzip"
    return answer


def wants_openmetrics(accepted: MIMEAccept) -> bool:
    """Return whether a client that takes *accepted* likes OpenMetrics at least as well as the text format."""
    quality = {_TEXT_TYPE: 0.0, _OPENMETRICS_TYPE: 0.0}
    for media_range, its_quality in accepted:
        kind = media_range.partition(";")[0].strip().lower()
        quality[kind] = max(quality.get(kind, 0.0), its_quality)
    return 0 < quality[_OPENMETRICS_TYPE] >= quality[_TEXT_TYPE]

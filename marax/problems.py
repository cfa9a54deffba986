"""Errors over HTTP as `application/problem+json` (RFC 9457), for the Flask apps of both programs."""

import json
import logging

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

_TYPE_PREFIX = "urn:marax:problem:"

logger = logging.getLogger("web")


def problem(status: int, kind: str, title: str, detail: str = "") -> Response:
    """Return the answer that tells a problem.

    Args:
        status: The HTTP status.
        kind: The last part of the stable `type` URI, as `unknown-collector`.
        title: The same for every problem of this kind.
        detail: What is particular to this one, and the next step; never a secret.
    """
    body = {"type": _TYPE_PREFIX + kind, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    answer = Response(json.dumps(body) + "\n", status, mimetype="application/problem+json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def tell_problems(app: Flask) -> None:
    """Let every error of *app* be told as a problem; a surprise is logged and tells nothing of itself."""

    @app.errorhandler(HTTPException)
    def tell_http_error(error: HTTPException) -> Response:
        if error.response is not None:
            return Response(status=error.response.status_code, headers=error.response.headers.to_wsgi_list())
        status = error.code or 500
        answer = problem(status, f"http-{status}", error.name)
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after", "www-authenticate"}:
                answer.headers[name] = value
        return answer

    @app.errorhandler(Exception)
    def tell_surprise(error: Exception) -> Response:
        logger.error("a surprise while answering", exc_info=error)
        return problem(500, "internal-error", "Internal error")

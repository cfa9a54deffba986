"""Errors of the Flask apps of both programs as `application/problem+json`."""

import logging
from http import HTTPStatus

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from marax.problems import MEDIA_TYPE, Problem

logger = logging.getLogger(__name__)

_PASSED_ON = ("Allow", "Retry-After", "WWW-Authenticate")


def told(problem: Problem) -> Response:
    """Return the answer that tells *problem*."""
    answer = Response(problem.to_json(), problem.status, mimetype=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def tell_problems(app: Flask) -> None:
    """Let *app* tell every error as a problem; a surprise is logged, and its answer tells nothing of it."""

    @app.errorhandler(HTTPException)
    def tell(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        answer = told(Problem(status=status, kind=f"http-{status}", title=status.phrase))
        headers = dict(error.get_headers())
        answer.headers.update({name: headers[name] for name in _PASSED_ON if name in headers})
        return answer

    @app.errorhandler(Exception)
    def tell_surprise(error: Exception) -> Response:
        logger.error("a request ended in a surprise", exc_info=error)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return told(Problem(status=status, kind="http-500", title=status.phrase))

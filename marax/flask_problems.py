"""Errors of the Flask apps of both programs as `application/problem+json`."""

import logging
from http import HTTPStatus

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from marax.problems import MEDIA_TYPE, Problem

logger = logging.getLogger(__name__)

_PASSED_ON = ("Allow", "Retry-After", "WWW-Authenticate")


def problem_response(problem: Problem) -> Response:
    """Return the response for *problem*."""
    response = Response(problem.to_json(), problem.status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def respond_with_problems(app: Flask) -> None:
    """Let *app* respond to every error with a problem; an unexpected one is logged and not described."""

    @app.errorhandler(HTTPException)
    def respond(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        response = problem_response(Problem(status=status, kind=f"http-{status}", title=status.phrase))
        headers = dict(error.get_headers())
        response.headers.update({name: headers[name] for name in _PASSED_ON if name in headers})
        return response

    @app.errorhandler(Exception)
    def respond_to_unexpected(error: Exception) -> Response:
        logger.error("unexpected error while handling a request", exc_info=error)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return problem_response(Problem(status=status, kind="http-500", title=status.phrase))

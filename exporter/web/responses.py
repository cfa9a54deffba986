"""Answers in JSON, and problems that end a request."""

import json
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from flask import Flask, Response

from marax.flask_problems import problem_response
from marax.problems import Problem

_NONE: Mapping[str, str] = MappingProxyType({})


def json_of(value: object) -> Response:
    """Return the response with *value*, a msgspec struct or a plain JSON value, as JSON."""
    return Response(_encoded(value) + b"\n", mimetype="application/json")


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)  # not by way of dicts: a list of 500 processes would take 2 MB more
    except UnicodeEncodeError:  # the name of a user in another encoding than UTF-8, say
        return json.dumps(msgspec.to_builtins(value)).encode()


class ProblemError(Exception):
    """Ends a request with *problem*, and the *headers* that go with it."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] = _NONE) -> None:
        super().__init__(problem.kind)
        self.problem = problem
        self.headers = headers


def respond_to_problem_errors(app: Flask) -> None:
    """Let the views of *app* raise ProblemError."""

    @app.errorhandler(ProblemError)
    def respond(error: ProblemError) -> Response:
        response = problem_response(error.problem)
        response.headers.update(error.headers)
        return response

"""A problem that a view finds deep down, on its way to the client."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Flask, Response

from marax.flask_problems import told
from marax.problems import Problem

_NONE: Mapping[str, str] = MappingProxyType({})


class ProblemError(Exception):
    """Ends a request with *problem*, and the *headers* that go with it."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] = _NONE) -> None:
        super().__init__(problem.kind)
        self.problem = problem
        self.headers = headers


def tell_raised(app: Flask) -> None:
    """Let the views of *app* raise ProblemError."""

    @app.errorhandler(ProblemError)
    def tell(error: ProblemError) -> Response:
        answer = told(error.problem)
        answer.headers.update(error.headers)
        return answer

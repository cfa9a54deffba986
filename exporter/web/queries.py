"""Queries of requests: parameters that a route knows, each once, or a problem that names what is wrong."""

from http import HTTPStatus

from flask import Request

from exporter.web.errors import ProblemError
from marax.problems import Problem

_LONGEST_SHOWN = 40


def read_query(request: Request, *names: str) -> dict[str, str]:
    """Return the parameters of *request*, which may be of *names*; `token` is none of the route's business.

    Raises:
        ProblemError: One is unknown, or given twice (400).
    """
    query = {name: values for name, values in request.args.lists() if name != "token"}
    for name, values in query.items():
        if name not in names:
            known = f"there are {', '.join(names)}" if names else "there are none"
            raise wrong_query(f"{name[:_LONGEST_SHOWN]!r} is no parameter here: {known}.")
        if len(values) > 1:
            raise wrong_query(f"{name!r} is given more than once.")
    return {name: values[0] for name, values in query.items()}


def wrong_query(detail: str) -> ProblemError:
    """Return the problem with a query, to be raised."""
    return ProblemError(
        Problem(
            status=HTTPStatus.BAD_REQUEST,
            kind="wrong-query",
            title="The query is not what this route takes.",
            detail=detail,
        )
    )

"""`GET /stats`: the state of the host."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, request

from exporter.access.roles import Role
from exporter.access.session import Session
from exporter.host.files import HostReadError
from exporter.reports.stats import Stats
from exporter.web.guard import requires
from exporter.web.requests import read_query
from exporter.web.responses import ProblemError, json_of
from marax.problems import Problem


def stats_routes(read: Callable[[], Stats]) -> Blueprint:
    """Return the route to what *read* returns, or raises HostReadError."""
    routes = Blueprint("stats", __name__)

    @routes.get("/stats")
    @requires(Role.VIEWER, query_token=True)
    def get_stats(_session: Session) -> Response:
        """Memory, CPU, load, uname and uptime of the host."""
        read_query(request)
        try:
            stats = read()
        except HostReadError as error:
            raise unreadable(error) from error
        return json_of(stats)

    return routes


def unreadable(error: HostReadError) -> ProblemError:
    """Return the problem that the host cannot be read, to be raised."""
    return ProblemError(
        Problem(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            kind="host-unreadable",
            title="Reading the host failed.",
            detail=str(error),
        )
    )

"""`GET /processlist`: the processes of the host, in order."""

import re
from collections.abc import Callable
from typing import get_args

from flask import Blueprint, Response, request

from exporter.access.roles import Role
from exporter.access.session import Session
from exporter.host.files import HostReadError
from exporter.processes.ranking import Order
from exporter.reports.process_list import ProcessList, Wanted
from exporter.web.guard import requires
from exporter.web.requests import read_query, wrong_query
from exporter.web.responses import json_of
from exporter.web.stats import unreadable

LARGEST_COUNT = 500
_COUNT = re.compile("[0-9]{1,3}")


def processlist_routes(list_processes: Callable[[Wanted], ProcessList]) -> Blueprint:
    """Return the route to what *list_processes* returns, or raises HostReadError."""
    routes = Blueprint("processlist", __name__)

    @routes.get("/processlist")
    @requires(Role.VIEWER, query_token=True)
    def get_processlist(_session: Session) -> Response:
        """Processes, those that use the most CPU or memory first."""
        wanted = _wanted(read_query(request, "sort", "count", "user", "name"))
        try:
            found = list_processes(wanted)
        except HostReadError as error:
            raise unreadable(error) from error
        return json_of(found)

    return routes


def _wanted(query: dict[str, str]) -> Wanted:
    usual = Wanted()
    count = query.get("count", str(usual.count))
    if not _COUNT.fullmatch(count) or not 1 <= int(count) <= LARGEST_COUNT:
        raise wrong_query(f"`count` is a whole number from 1 to {LARGEST_COUNT}.")
    return Wanted(
        by=_order(query.get("sort", usual.by)),
        count=int(count),
        user=query.get("user", usual.user),
        name=query.get("name", usual.name),
    )


def _order(text: str) -> Order:
    orders: tuple[Order, ...] = get_args(Order)
    for order in orders:
        if text == order:
            return order
    raise wrong_query(f"`sort` is one of {', '.join(orders)}.")

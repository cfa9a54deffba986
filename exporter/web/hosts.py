"""Answering under our own names only, where nobody else can rightly use another.

A page in a browser on this machine may belong to a name that suddenly leads to 127.0.0.1 (DNS rebinding). Its
scripts could then read what is meant for this machine only; but they cannot help naming the host they ask.
"""

import re
from http import HTTPStatus

from flask import Flask, request

from exporter.web.responses import ProblemError
from marax.problems import Problem

_LOOPBACK = re.compile(r"(?:localhost\.?|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_UNKNOWN_HOST = Problem(
    status=HTTPStatus.BAD_REQUEST,
    kind="unknown-host",
    title="This exporter listens on loopback and accepts only localhost and loopback addresses as Host.",
    detail="A reverse proxy must not pass on the Host header of its client.",
)


def answer_to_loopback_names(app: Flask) -> None:
    """Let *app* refuse requests that name another host than localhost and loopback addresses."""

    @app.before_request
    def check() -> None:
        host = request.headers.get("Host")
        if host is not None and not _LOOPBACK.fullmatch(host):
            raise ProblemError(_UNKNOWN_HOST)

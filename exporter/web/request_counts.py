"""Counting requests by endpoint and status code."""

import threading
from collections import Counter

from flask import Flask, Response, request


class RequestCounts:
    """How many requests were answered, by route and status code; the routes are ours, so they are few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, ...]] = Counter()

    def totals(self) -> dict[tuple[str, ...], int]:
        """Return the counts so far by (route, status code); a path unknown to us counts as `unknown`."""
        with self._lock:
            return dict(self._counts)

    def watch(self, app: Flask) -> None:
        """Count every answer of *app* from now on."""

        @app.after_request
        def count(answer: Response) -> Response:
            route = request.url_rule.rule if request.url_rule else "unknown"
            with self._lock:
                self._counts[route, str(answer.status_code)] += 1
            return answer

"""Prometheus' HTTP API, as far as the mails need it.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import assert_never
from urllib.parse import urlencode

from alertbridge.http_get.getter import Answer, HttpGetter, NoAnswer, NotHttp, Request, TimedOut
from alertbridge.prometheus.answers import (
    NotKnown,
    Series,
    Target,
    read_alertmanagers,
    read_series,
    read_targets,
)
from alertbridge.prometheus.settings import HttpUrl

_LARGEST_BYTES = 8 * 1024 * 1024
_AT_ONCE = 4
_OK = 200


class PrometheusApi:
    """Queries one Prometheus until *deadline*, on the running loop's clock; no answer of it raises."""

    def __init__(self, url: HttpUrl, *, deadline: float) -> None:
        self._url = url
        self._deadline = deadline
        self._getter = HttpGetter()
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def series(
        self, expression: str, at_unix_seconds: float | None = None
    ) -> tuple[Series, ...] | NotKnown:
        """Return what *expression* is at a moment, by default now."""
        arguments = {"query": expression}
        if at_unix_seconds is not None:
            arguments["time"] = f"{at_unix_seconds:.3f}"
        body = await self._get("query", arguments)
        return body if isinstance(body, NotKnown) else read_series(body)

    async def targets(self) -> tuple[Target, ...] | NotKnown:
        """Return all that Prometheus scrapes."""
        body = await self._get("targets", {"state": "active"})
        return body if isinstance(body, NotKnown) else read_targets(body)

    async def alertmanagers(self) -> tuple[str, ...] | NotKnown:
        """Return the URLs to which Prometheus sends its alerts."""
        body = await self._get("alertmanagers", {})
        return body if isinstance(body, NotKnown) else read_alertmanagers(body)

    async def _get(self, call: str, arguments: Mapping[str, str]) -> bytes | NotKnown:
        request = Request(
            host=self._url.host,
            port=self._url.port,
            path=f"{self._url.path}/api/v1/{call}?{urlencode(arguments, errors='replace')}",
            accept="application/json",
            tls=self._tls,
            authorization=self._url.authorization,
        )
        async with self._at_once:
            outcome = await self._getter.get(request, deadline=self._deadline, largest_bytes=_LARGEST_BYTES)
        match outcome:
            case Answer(status=status, body=body):
                return body if status == _OK else NotKnown(reason=f"HTTP {status}")
            case TimedOut():
                return NotKnown(reason="no answer in time")
            case NoAnswer(reason=reason) | NotHttp(reason=reason):
                return NotKnown(reason=reason)
            case _:
                assert_never(outcome)

"""A sign of life passed on: whoever watches the ping URL notices when this bridge or its machine is gone."""

import asyncio
import logging
import ssl
import threading
from typing import Protocol

from alertbridge.background.settings import HeartbeatSettings
from alertbridge.http_get.getter import Answer, HttpGetter, NoAnswer, NotHttp, Request, TimedOut
from alertbridge.prometheus.settings import HttpUrl

_BUDGET_SECONDS = 10.0
_LARGEST_BYTES = 64 * 1024
_OK = range(200, 300)

logger = logging.getLogger(__name__)


class PingConfig(Protocol):
    """What the settings in force say of the heartbeat."""

    @property
    def heartbeat(self) -> HeartbeatSettings: ...


class HeartbeatPing:
    """Gets the ping URL in force after each heartbeat."""

    def __init__(self, live: PingConfig) -> None:
        self._live = live
        self._has_beaten = threading.Event()
        self._was_fine = True

    def note_beat(self) -> None:
        """Let the next `run` ping; several beats before it make one ping."""
        self._has_beaten.set()

    def run(self) -> None:
        """Ping, if the heartbeat came since the last run."""
        if self._has_beaten.is_set():
            self._has_beaten.clear()
            self.send()

    def send(self) -> None:
        """Ping once; a change between fine and failing is logged."""
        url = self._live.heartbeat.ping_url
        if url is None:
            return
        failure = asyncio.run(_get(url))
        if failure and self._was_fine:
            logger.warning("cannot reach the ping URL", extra={"host": url.host, "reason": failure})
        if not failure and not self._was_fine:
            logger.info("ping URL is reachable again", extra={"host": url.host})
        self._was_fine = not failure


async def _get(url: HttpUrl) -> str:
    """Return why the ping failed; empty when it did not."""
    tls = ssl.create_default_context() if url.scheme == "https" else None
    request = Request(
        host=url.host, port=url.port, path=url.path or "/", tls=tls, authorization=url.authorization
    )
    deadline = asyncio.get_running_loop().time() + _BUDGET_SECONDS
    match await HttpGetter().get(request, deadline=deadline, largest_bytes=_LARGEST_BYTES):
        case Answer(status=status):
            return "" if status in _OK else f"HTTP {status}"
        case TimedOut():
            return "no answer in time"
        case NoAnswer(reason=reason) | NotHttp(reason=reason):
            return reason

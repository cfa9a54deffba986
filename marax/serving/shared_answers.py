"""One answer for all who ask for the same at the same moment."""

import asyncio
from collections.abc import Sequence

from a2wsgi.asgi_typing import HTTPScope, Send, SendEvent

from marax.serving.connections import Connection
from marax.serving.phases import Phase
from marax.serving.wsgi_pool import WsgiPool

_DECISIVE_HEADERS = (b"accept", b"accept-encoding", b"host", b"x-prometheus-scrape-timeout-seconds")

_Answer = tuple[SendEvent, ...] | None


class SharedAnswers:
    """Answers requests by monitoring, which have no body: who asks for what is being made gets that."""

    def __init__(self, pool: WsgiPool) -> None:
        self._pool = pool
        self._under_way: dict[tuple[object, ...], asyncio.Future[_Answer]] = {}

    def has_place_for(self, scope: HTTPScope, connection: Connection) -> bool:
        """Return whether one more request of that client may come in."""
        return _asked_for(scope) in self._under_way or self._pool.has_place_for(connection)

    async def answer(self, scope: HTTPScope, send: Send, connection: Connection) -> None:
        """Answer a request; not at all if its client leaves before that."""
        asked_for = _asked_for(scope)
        events: _Answer = None
        while events is None and not connection.is_lost:
            made_already = self._under_way.get(asked_for)
            if made_already is None:
                events = await self._make(asked_for, scope, connection)
                break
            connection.enter(Phase.RUNNING)
            events = await made_already
        if events is None:
            connection.abort()
            return
        connection.enter(Phase.ANSWERING)
        await _send_all(events, send)

    async def _make(self, asked_for: tuple[object, ...], scope: HTTPScope, connection: Connection) -> _Answer:
        made: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._under_way[asked_for] = made
        events: _Answer = None
        try:
            events = await self._pool.answer_whole(scope, connection)
        finally:
            # None, if it failed: those who wait for it then ask by themselves
            made.set_result(events)
            del self._under_way[asked_for]
        return events


def _asked_for(scope: HTTPScope) -> tuple[object, ...]:
    headers = [header for header in scope["headers"] if header[0] in _DECISIVE_HEADERS]
    return (scope["method"], scope["path"], scope["query_string"], tuple(headers))


async def _send_all(events: Sequence[SendEvent], send: Send) -> None:
    for event in events:
        await send(event)

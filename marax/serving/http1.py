"""uvicorn's protocol for HTTP/1.1, where it has to end a request that the application has."""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class Http1(H11Protocol):
    """Parses requests and has the application answer them; *on_malformed* is called for what is none."""

    def __init__(self, *, on_malformed: Callable[[], None], **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._on_malformed = on_malformed

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Do instead of answering, which would fail where the application has begun to answer."""
        self._on_malformed()

    def take_request(self) -> bool:
        """Take the request under way from the application, for which its client has left.

        Return whether it can be answered, as no answer to it has begun.
        """
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # None before the first request, other than uvicorn says
        if cycle is None or cycle.response_complete:
            return True
        cycle.disconnected = True
        cycle.message_event.set()
        return not cycle.response_started

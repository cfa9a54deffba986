"""Error answers that people and programs can read: `application/problem+json` (RFC 9457)."""

import json
from dataclasses import dataclass
from http import HTTPStatus

MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "urn:marax:problem:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong with a request.

    Attributes:
        status: The HTTP status of the answer.
        kind: The stable end of the problem's `type`, as `body-too-large`; programs may rely on it.
        title: What it means, for people; the same for every problem of this kind.
        detail: What it means for this one request; may be empty.
    """

    status: HTTPStatus
    kind: str
    title: str
    detail: str = ""

    def to_json(self) -> bytes:
        """Return the body of the answer."""
        members = {"type": _TYPE_PREFIX + self.kind, "title": self.title, "status": int(self.status)}
        if self.detail:
            members["detail"] = self.detail
        return json.dumps(members).encode()


def busy(detail: str) -> Problem:
    """Return the problem that the server has too much to do; *detail* says of what."""
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        kind="busy",
        title="The server is busy. Try again in a moment.",
        detail=detail,
    )

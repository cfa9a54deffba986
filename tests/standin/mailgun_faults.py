"""How Mailgun, or what lies between it and us, goes wrong."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum


class Fault(StrEnum):
    """One way to go wrong; those that end in `-accepted` take the message all the same."""

    WAIT_SECONDS = "429-seconds"
    WAIT_DATE = "429-date"
    WAIT_RESET = "429-reset"
    WAIT_BODY = "429-body"
    WAIT_BODY_420 = "420-body"
    WAIT_UNTOLD = "429-untold"
    WAIT_PAST = "429-past"
    WAIT_FAR = "429-far"
    KEY = "401"
    PAYMENT = "402"
    FORBIDDEN = "403"
    DOMAIN = "404"
    INTERNAL = "500"
    INTERNAL_ACCEPTED = "500-accepted"
    MAGNIFICENT = "magnificent"
    RESET = "reset"
    RESET_ACCEPTED = "reset-accepted"
    HANG = "hang"
    HANG_ACCEPTED = "hang-accepted"
    PARTIAL_ACCEPTED = "partial-accepted"

    @property
    def accepts(self) -> bool:
        """Whether the message is taken, whatever the sender hears of it."""
        return self.value.endswith("-accepted")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, or none when its status is 0."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def saying(status: int, message: str, **more: str) -> Reply:
    """Return Mailgun's usual form of an answer: JSON with a message."""
    return Reply(
        status, json.dumps({"message": message} | more).encode(), {"Content-Type": "application/json"}
    )


def reply_of(fault: Fault, *, now: float, wait_seconds: float) -> Reply:
    """Return what *fault* answers at *now*; limits end *wait_seconds* later."""
    if fault in _PLAIN:
        return _PLAIN[fault]
    return _LIMITS[fault](now + wait_seconds, wait_seconds)


class Faults:
    """Which calls go wrong, and how: `429-body=10,500=5` is that many in a hundred, the rest go well."""

    def __init__(self, weights: str = "", *, seed: int = 0) -> None:
        pairs = [pair.split("=") for pair in weights.split(",") if pair]
        self._shares = {Fault(name): float(share) for name, share in pairs}
        if not all(share >= 0 for share in self._shares.values()) or sum(self._shares.values()) > 100:
            raise ValueError("shares from 0 to 100, and 100 in all at most")
        self._random = random.Random(seed)

    def draw(self) -> Fault | None:
        """Return how the next call goes wrong; None when it goes well."""
        faults: list[Fault | None] = [*self._shares, None]
        shares = [*self._shares.values(), 100 - sum(self._shares.values())]
        return self._random.choices(faults, shares)[0]


MAGNIFICENT = Reply(200, b"Mailgun Magnificent API", {"Content-Type": "text/plain"})
FORBIDDEN_KEY = Reply(
    401, b"Forbidden", {"Content-Type": "text/plain", "WWW-Authenticate": 'Basic realm="MG API"'}
)

_LIMIT = "Domain mg.example.org is not allowed to send: request limit exceeded"
_NONE = Reply(0, b"")
_PLAIN = {
    Fault.RESET: _NONE,
    Fault.HANG: _NONE,
    Fault.KEY: FORBIDDEN_KEY,
    Fault.PAYMENT: saying(402, "Payment Required"),
    Fault.FORBIDDEN: saying(
        403, "Domain mg.example.org is not allowed to send: not allowed to send large batches"
    ),
    Fault.DOMAIN: saying(404, "Domain not found: mg.example.org"),
    Fault.INTERNAL: saying(500, "Internal Server Error"),
    Fault.INTERNAL_ACCEPTED: saying(500, "Internal Server Error"),
    Fault.MAGNIFICENT: MAGNIFICENT,
    Fault.WAIT_UNTOLD: saying(429, _LIMIT),
}


def _with_header(name: str, value: str) -> Reply:
    reply = saying(429, _LIMIT)
    return Reply(reply.status, reply.body, reply.headers | {name: value})


def _with_date(status: int, until: float) -> Reply:
    date = formatdate(until, usegmt=True).replace("GMT", "UTC")
    return saying(status, f"{_LIMIT}, try again after {date}")


_LIMITS: dict[Fault, Callable[[float, float], Reply]] = {
    Fault.WAIT_SECONDS: lambda _until, wait: _with_header("Retry-After", str(round(wait))),
    Fault.WAIT_DATE: lambda until, _wait: _with_header("Retry-After", formatdate(until, usegmt=True)),
    Fault.WAIT_RESET: lambda until, _wait: _with_header("X-RateLimit-Reset", str(round(until))),
    Fault.WAIT_BODY: lambda until, _wait: _with_date(429, until),
    Fault.WAIT_BODY_420: lambda until, _wait: _with_date(420, until),
    Fault.WAIT_PAST: lambda until, _wait: _with_date(429, until - 86_400),
    Fault.WAIT_FAR: lambda until, _wait: _with_date(429, until + 366 * 86_400),
}

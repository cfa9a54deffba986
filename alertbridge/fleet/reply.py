"""What the answer of a host means: whether it is up, and what is wrong or missing, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from alertbridge.fleet.access import Access
from alertbridge.fleet.question import Asked
from alertbridge.http_get.errors import Failure
from alertbridge.http_get.getter import Answer, NoAnswer, NotHttp, TimedOut

_MEANING = {
    301: "redirects elsewhere",
    302: "redirects elsewhere",
    307: "redirects elsewhere",
    308: "redirects elsewhere",
    404: "has no /metrics",
    503: "is overloaded or starting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a host replied.

    Attributes:
        is_up: Whether it answers: as an exporter does, or by asking who asks.
        reason: Why not, or why it says no more than that; empty when there are samples.
        samples: What it said, by metric name.
    """

    is_up: bool
    reason: str = ""
    samples: Mapping[str, float] = field(default_factory=dict)


def reply_of(asked: Asked, access: Access, timeout_seconds: float) -> Reply:
    """Return what a host replied that was *asked* with *access*, within *timeout_seconds*."""
    match asked.outcome:
        case Answer(status=status):
            return _answer(status, asked, access)
        case NoAnswer(failure=Failure.WANTS_CERTIFICATE):
            rejected = "answers, rejects the client certificate of `status:`"
            wanted = "answers, wants a client certificate"
            return Reply(is_up=True, reason=rejected if access.has_certificate else wanted)
        case TimedOut(stage=stage):
            return Reply(is_up=False, reason=f"timed out after {timeout_seconds:g} s while {stage}")
        case NoAnswer(reason=reason) | NotHttp(reason=reason):
            return Reply(is_up=False, reason=reason)
        case _:
            assert_never(asked.outcome)


def _answer(status: int, asked: Asked, access: Access) -> Reply:
    match status:
        case 200:
            samples = asked.samples.read()
            if isinstance(samples, str):
                return Reply(is_up=False, reason=samples)
            return Reply(is_up=True, samples=samples)
        case 401:
            return Reply(is_up=True, reason=_login_words(asked, access))
        case 403:
            return Reply(is_up=True, reason="answers, denies access to /metrics")
        case _:
            meaning = f": {_MEANING[status]}" if status in _MEANING else ""
            return Reply(is_up=False, reason=f"HTTP {status}{meaning}")


def _login_words(asked: Asked, access: Access) -> str:
    if asked.is_password_shown:
        return "answers, rejects the login of `status:`"
    if access.authorization is not None:
        return "answers, wants a login, which is shown over https only"
    return "answers, wants a login"

"""What an answer of Mailgun's messages API means.

Sources: the "Messages" and "Errors" pages of Mailgun's API reference; where they are silent, what its users
report. Sending is not idempotent there, so whatever may have been a yes is `Ambiguous`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import msgspec

from alertbridge.delivery.mailer import (
    Accepted,
    Ambiguous,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientRefused,
    TransportPaused,
)
from alertbridge.delivery.quoting import quoted

_SHORTEST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 3600.0
_TOO_MANY = (420, 429)  # mailgun/mailgun-java#50 met 420

_NEXT_STEPS = {
    401: "check `api_key_file` under `mailgun:`, and `region`: a key of the EU site is unknown to the US one",
    402: "check the account's plan and payment at Mailgun",
    403: "check at Mailgun that the account, the domain and this key may send",
    404: "check `domain` and `region` under `mailgun:`: a domain of the EU site is unknown to the US one",
    405: "check `base_url` under `mailgun:`",
    407: "check the proxy's credentials in this service's environment",
}
_WRONG_RECIPIENT = re.compile(r"'?to'? parameter is not a valid address|authorized recipients", re.IGNORECASE)
_WRONG_SENDER = re.compile(
    r"'?from'? parameter is not a valid address|domain is unverified|not allowed to send"
    r"|(?:account|domain)\b.{0,100}\bdisabled",
    re.IGNORECASE,
)
_TRY_AGAIN_AFTER = re.compile(r"try again after (\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \w{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer, as much of it as came.

    Attributes:
        status: The HTTP status code.
        headers: By name, whatever its case.
        body: Not necessarily whole.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def outcome_of(answer: Answer, *, now_unix_seconds: float) -> Outcome:
    """Return what *answer*, which came at *now_unix_seconds*, says about the mail it answers."""
    said = _read(answer.body)
    reason = f"Mailgun said {answer.status}: {quoted(said.message) or 'nothing'}"
    match answer.status // 100:
        case 2:
            return _meaning_of_success(said, reason)
        case 3:
            return TransportPaused(
                reason=f"{reason}; check `base_url` under `mailgun:`, which points elsewhere"
            )
        case 4 if answer.status in _TOO_MANY:
            pause_seconds = _pause_seconds(answer.headers, said.message, now_unix_seconds)
            return TransportPaused(reason=reason, for_seconds=pause_seconds)
        case 4:
            return _meaning_of_refusal(answer.status, said, reason)
        case _:
            return Ambiguous(reason=reason)


class _Said(msgspec.Struct):
    message: str = ""
    id: str = ""


def _meaning_of_success(said: _Said, reason: str) -> Outcome:
    if said.id and said.message.startswith("Queued"):
        return Accepted(provider_id=said.id)
    if "Mailgun Magnificent API" in said.message:
        return TransportPaused(reason=f"{reason}; check `domain` and `base_url` under `mailgun:`")
    return Ambiguous(reason=f"{reason}, which is not how it accepts a mail")


def _meaning_of_refusal(status: int, said: _Said, reason: str) -> Outcome:
    match status:
        case 400 | 403 if _WRONG_RECIPIENT.search(said.message):
            return RecipientRefused(reason=reason)
        case 400 if _WRONG_SENDER.search(said.message):
            return TransportPaused(reason=f"{reason}; check `from` and `domain` under `mailgun:`")
        case 408:
            return NotSent(reason=reason)
        case _ if status in _NEXT_STEPS:
            return TransportPaused(reason=f"{reason}; {_NEXT_STEPS[status]}")
        case _:
            return MessageRefused(reason=reason)


def _read(body: bytes) -> _Said:
    try:
        return msgspec.json.decode(body, type=_Said)
    except (msgspec.MsgspecError, RecursionError):
        return _Said(message=body.decode(errors="replace"))


def _pause_seconds(headers: Mapping[str, str], message: str, now_unix_seconds: float) -> float | None:
    named = {name.lower(): value for name, value in headers.items()}
    waits = [
        *_seconds(named.get("retry-after", "")),
        *(until - now_unix_seconds for until in _moments(named, message)),
    ]
    return min(max(_SHORTEST_PAUSE_SECONDS, *waits), _LONGEST_PAUSE_SECONDS) if waits else None


def _moments(named: Mapping[str, str], message: str) -> Iterator[float]:
    yield from _seconds(named.get("x-ratelimit-reset", ""))
    yield from _date(named.get("retry-after", ""))
    for date in _TRY_AGAIN_AFTER.findall(message):
        yield from _date(date)


def _seconds(text: str) -> Iterator[float]:
    if re.fullmatch(r"[0-9]{1,15}", text.strip()):
        yield float(text)


def _date(text: str) -> Iterator[float]:
    try:
        moment = parsedate_to_datetime(text)
        yield (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return

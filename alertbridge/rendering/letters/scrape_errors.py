"""Why a scrape failed: Prometheus' error explained, with the next three things to do."""

import re
from dataclasses import dataclass

from alertbridge.mail.cleaning import clean
from alertbridge.rendering.letters.letter import Step
from alertbridge.rendering.letters.scrape_causes import CAUSES, NOT_KNOWN, UNKNOWN, Cause
from marax.settings.addresses import Address


@dataclass(frozen=True, slots=True)
class Reason:
    """An error explained.

    Attributes:
        short: Two or three words; empty when the error is not known.
        meaning: What that means for the host, as a sentence.
        quote: The error as Prometheus had it, without the address that it begins with; may be empty.
        steps: What to do next.
    """

    short: str
    meaning: str
    quote: str
    steps: tuple[Step, ...]


def explain(last_error: str, address: str) -> Reason:
    """Return what Prometheus' *last_error* means for the host that is scraped at *address*.

    Both are taken as clean. Where *address* is not one, the commands name a HOST to be filled in.
    """
    quote = _REQUEST.sub("", last_error, count=1)
    error = quote if quote == last_error else f"Get: {quote}"
    for cause in CAUSES:
        match = cause.pattern.search(error)
        if match is not None:
            return _reason(cause, match.groupdict() | _place(address), clean(quote, _QUOTE_LIMIT))
    unknown = UNKNOWN if quote else NOT_KNOWN
    return _reason(
        unknown, {"error": clean(quote, _SHORT_LIMIT)} | _place(address), clean(quote, _QUOTE_LIMIT)
    )


_QUOTE_LIMIT = 300
_SHORT_LIMIT = 40
# how Go's HTTP client begins: Get "http://web-1:9877/metrics": dial tcp ...
_REQUEST = re.compile(r'^[A-Z][a-z]+ "[^"]*": ')


def _place(address: str) -> dict[str, str]:
    try:
        place = Address.from_setting(address)
    except ValueError:
        return {"machine": "HOST", "address": "HOST:PORT", "port": "its port"}
    return {"machine": place.host, "address": str(place), "port": str(place.port)}


def _reason(cause: Cause, words: dict[str, str], quote: str) -> Reason:
    steps = tuple(Step(step.text, step.command.format_map(words)) for step in cause.steps)
    return Reason(cause.short.format_map(words), cause.meaning.format_map(words), quote, steps)

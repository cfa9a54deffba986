"""An hour as a host might have had it, made up without chance: the same in every mail."""

import math
from dataclasses import replace

from alertbridge.mail.host_facts import History, Usage

_HOUR_SECONDS = 3600
_INTERVAL_SECONDS = 15
_FLAPS, _FLAP_SECONDS = 6, 300


def busy_hour(
    end_unix_seconds: float, *, gone_unix_seconds: float = math.inf, back_unix_seconds: float = math.inf
) -> History:
    """Return the hour of a host that got ever busier until it went down, and was calm once back."""
    start = end_unix_seconds - _HOUR_SECONDS
    first = math.ceil(start / _INTERVAL_SECONDS) * _INTERVAL_SECONDS
    return History(
        start_unix_seconds=start,
        end_unix_seconds=end_unix_seconds,
        first_scrape_unix_seconds=first,
        usages=tuple(
            _usage(moment, 0.0 if moment >= back_unix_seconds else (moment - start) / _HOUR_SECONDS)
            for moment in range(first, math.floor(end_unix_seconds), _INTERVAL_SECONDS)
            if not gone_unix_seconds < moment < back_unix_seconds
        ),
    )


def flapping_hour(end_unix_seconds: float) -> History:
    """Return the hour of a calm host that went down and came back six times in its last half."""
    calm = busy_hour(end_unix_seconds, back_unix_seconds=-math.inf)
    began = end_unix_seconds - _FLAPS * _FLAP_SECONDS
    usages = (
        usage
        for usage in calm.usages
        if usage.unix_seconds < began or (usage.unix_seconds - began) % _FLAP_SECONDS > _FLAP_SECONDS / 2
    )
    return replace(calm, usages=tuple(usages))


def _usage(moment: int, past: float) -> Usage:
    ripple = 0.04 * math.sin(moment / 31) + 0.03 * math.sin(moment / 7)
    growth = min(1.0, 1.1 * past) ** 3
    return Usage(
        unix_seconds=moment,
        cpu_ratio=min(0.12 + 0.95 * growth + ripple, 0.97),
        memory_ratio=0.31 + 0.57 * growth + ripple / 9,
    )

"""What a mail says of a target that does not answer and is none of the hosts in the settings."""

from datetime import tzinfo

from alertbridge.mail.facts import HostFacts
from alertbridge.mail.targets import target_words
from alertbridge.rendering.letters.letter import sentence
from alertbridge.rendering.letters.numbers import is_time, moment
from alertbridge.rendering.letters.outages import (
    came_back,
    has_never_answered,
    lasted,
    start_lines,
    whole_lines,
)
from alertbridge.rendering.letters.scrape_errors import explain


def lead_of_target(host: HostFacts, state: str, zone: tzinfo, now: float) -> tuple[str, tuple[str, ...]]:
    """Return the first sentence of a mail about *host* alone, which begins with *state*, and the times."""
    return _once_over(host, state, zone) if host.is_over else _while_firing(host, state, zone, now)


def what_of_target(host: HostFacts) -> str:
    """Return what is the matter, for a row of a table that names the host elsewhere."""
    return f"{host.service or host.address} not answering"


def _while_firing(host: HostFacts, state: str, zone: tzinfo, now: float) -> tuple[str, tuple[str, ...]]:
    what, reason = _words(host), explain(host.reason, host.address).short
    why = f": {reason}" if reason else ""
    if is_time(host.back_unix_seconds):
        long = lasted(host, host.back_unix_seconds)
        return f"{state}: {what} did not answer for {long} and answers again.", _whole(host, zone)
    if _is_start_known(host):
        text = f"{state}: {what} has not answered for {lasted(host, now)}{why}"
        return sentence(text), start_lines(host, zone)
    fired = f"The alert fired on {moment(host.fired_unix_seconds, zone)}; when it last answered is not known."
    return sentence(f"{state}: {what} does not answer{why}"), (fired,)


def _once_over(host: HostFacts, state: str, zone: tzinfo) -> tuple[str, tuple[str, ...]]:
    """Return that it answers again only where an answered scrape is known."""
    what = _words(host)
    if not is_time(host.back_unix_seconds):
        return f"{state}: {what}; when it answered again is not known.", _whole(host, zone)
    again, lines = "", _whole(host, zone)
    if host.unanswered_unix_seconds is not None:
        again = ", but it does not answer now"
        lines = (*lines, f"The last scrape, on {moment(host.unanswered_unix_seconds, zone)}, failed.")
    return f"{state}: {what} answers again after {lasted(host, came_back(host))}{again}.", lines


def _words(host: HostFacts) -> str:
    return target_words(host.service, host.name, host.address)


def _is_start_known(host: HostFacts) -> bool:
    return is_time(host.since_unix_seconds) or has_never_answered(host)


def _whole(host: HostFacts, zone: tzinfo) -> tuple[str, ...]:
    """Return from when to when it did not answer, a sentence each."""
    if _is_start_known(host) and is_time(host.back_unix_seconds):
        return whole_lines(host, zone)
    lines = [f"The alert fired on {moment(host.fired_unix_seconds, zone)}."]
    if is_time(host.back_unix_seconds):
        lines.append(f"It answered again on {moment(host.back_unix_seconds, zone)}.")
    elif host.is_over:
        lines.append(f"The alert was resolved on {moment(host.ended_unix_seconds, zone)}.")
    return tuple(lines)

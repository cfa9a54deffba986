"""An outage in words: from when to when, for how long, how often, and what of it nobody saw."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from alertbridge.mail.facts import HostFacts
from alertbridge.rendering.letters.numbers import counted, is_time, moment, moment_in_table, span
from marax.settings.durations import spoken

Moment = Callable[[float | None], str]


def began(host: HostFacts) -> float:
    """Return since when *host* is known to be down, or what comes next to that."""
    known = (host.since_unix_seconds, host.outage.never_since_unix_seconds)
    return next((time for time in known if time is not None and is_time(time)), host.fired_unix_seconds)


def came_back(host: HostFacts) -> float | None:
    """Return when *host*, which is not down any more, was back, or what comes next to that."""
    return host.back_unix_seconds if is_time(host.back_unix_seconds) else host.ended_unix_seconds


def is_down(host: HostFacts) -> bool:
    """Say whether *host* is still down: its alert fires, and it has not answered again."""
    return not host.is_over and not is_time(host.back_unix_seconds)


def is_start_exact(host: HostFacts) -> bool:
    """Say whether `began` is the moment at which *host* went down, by the scrapes."""
    return is_time(host.since_unix_seconds) and not is_time(host.outage.gone_by_unix_seconds)


def is_end_exact(host: HostFacts) -> bool:
    """Say whether `came_back` is the moment at which *host* was back, by the scrapes."""
    return is_time(host.back_unix_seconds) and not is_time(host.outage.still_gone_unix_seconds)


def has_never_answered(host: HostFacts) -> bool:
    """Say whether Prometheus had no answered scrape of *host* when it was down."""
    return not is_time(host.since_unix_seconds) and is_time(host.outage.never_since_unix_seconds)


def has_flapped(host: HostFacts) -> bool:
    """Say whether *host* came and went during the outage."""
    return host.outage.times_gone > 1


def lasted(host: HostFacts, until_unix_seconds: float | None) -> str:
    """Return how long the outage was, or is by now: `14 min`, `at least 19 s, at most 1 min 9 s`."""
    least, most = _bounds(host, until_unix_seconds)
    if least is None:
        return most
    if not most:
        return f"at least {least}"
    return f"at least {least}, at most {most}" if least != spoken(0) else f"at most {most}"


def lasted_in_table(host: HostFacts, until_unix_seconds: float | None) -> str:
    """Return the same, short: `19 s to 1 min 9 s`."""
    least, most = _bounds(host, until_unix_seconds)
    if has_flapped(host):
        return f"up to {span(began(host), until_unix_seconds)}"
    if least is None:
        return most
    return f"{least} to {most}" if most else f"{least} or more"


def flaps(host: HostFacts) -> str:
    """Return how often *host* stopped answering, and for how long at the longest; empty unless it flapped."""
    if not has_flapped(host):
        return ""
    if host.outage.is_rough:
        return f"at least {host.outage.times_gone} times"
    longest = host.outage.longest_seconds
    at_longest = f", for {spoken(longest)} at the longest" if longest is not None and is_time(longest) else ""
    return f"{host.outage.times_gone} times{at_longest}"


def start_lines(host: HostFacts, zone: tzinfo) -> tuple[str, ...]:
    """Return since when *host*, which is down, has been so, a sentence each."""
    last, details = moment(host.since_unix_seconds, zone), host.outage
    lines = [f"It last answered on {last}."]
    if has_never_answered(host):
        lines = [_never("It has never answered", host, zone)]
    elif not is_start_exact(host):
        lines = [_between("went down", last, moment(details.gone_by_unix_seconds, zone))]
    if is_time(details.still_gone_unix_seconds):
        scraped = moment(details.still_gone_unix_seconds, zone)
        lines.append(f"Prometheus has not scraped it since {scraped}; whether it is still down is not known.")
    elif is_start_exact(host) and details.unseen_seconds > 0:
        lines.append("For a part of this time Prometheus did not scrape it.")
    if has_flapped(host):
        first = details.first_gone_unix_seconds
        since = f" since {moment(first, zone)}" if is_time(first) else ""
        lines.append(f"It has stopped answering {flaps(host).replace(' times', f' times{since}', 1)}.")
    return tuple(lines)


def whole_lines(host: HostFacts, zone: tzinfo) -> tuple[str, ...]:
    """Return from when to when *host*, which is back, was down, a sentence each."""
    first, last = _start(host, zone), _end(host, zone)
    is_seen = not is_start_exact(host) or not is_end_exact(host) or not host.outage.unseen_seconds > 0
    return (
        (first, last) if is_seen else (first, last, "For a part of this time Prometheus did not scrape it.")
    )


def note(host: HostFacts, zone: tzinfo, now_unix_seconds: float) -> str:
    """Return what a row has no column for, in sentences; empty where there is nothing."""
    details = host.outage

    def at(unix_seconds: float | None) -> str:
        return moment_in_table(unix_seconds, zone, now_unix_seconds)

    sentences: list[str] = []
    if has_never_answered(host):
        sentences.append(
            f"Never answered before; first stored scrape: {at(details.never_since_unix_seconds)}."
        )
    elif is_time(host.since_unix_seconds) and not is_start_exact(host):
        sentences.append(
            f"Went down between {at(host.since_unix_seconds)} and {at(details.gone_by_unix_seconds)}."
        )
    if is_time(details.still_gone_unix_seconds):
        sentences.append(_still_gone_in_table(host, at))
    if has_flapped(host):
        sentences.append(f"Stopped answering {flaps(host)}.")
    return " ".join(sentences)


def _bounds(host: HostFacts, until: float | None) -> tuple[str | None, str]:
    """Return the shortest and the longest that the outage can have been; None for both being much the same.

    The longest is empty where it is not known.
    """
    start, details = began(host), host.outage
    if until is None or not is_time(until) or not is_time(start):
        return None, span(start, until)
    unseen = min(details.unseen_seconds, until - start) if details.unseen_seconds > 0 else 0.0
    least, most = spoken(until - start - unseen), span(start, until)
    if details.is_rough or (host.is_over and not is_time(host.back_unix_seconds)):
        return None, f"about {most}"
    if not is_time(host.since_unix_seconds):
        return (least, "") if has_never_answered(host) else (None, f"about {most}")
    return (None, most) if least == most else (least, most)


def _start(host: HostFacts, zone: tzinfo) -> str:
    last = moment(host.since_unix_seconds, zone)
    if has_never_answered(host):
        return _never("It had never answered before", host, zone)
    if not is_time(host.since_unix_seconds):
        return f"The alert fired on {moment(host.fired_unix_seconds, zone)}; the host went down before that."
    if not is_start_exact(host):
        return _between("went down", last, moment(host.outage.gone_by_unix_seconds, zone))
    before = "Before the first time it had last answered" if has_flapped(host) else "It had last answered"
    return f"{before} on {last}."


def _end(host: HostFacts, zone: tzinfo) -> str:
    back = moment(host.back_unix_seconds, zone)
    if not is_time(host.back_unix_seconds):
        resolved = f"The alert was resolved on {moment(host.ended_unix_seconds, zone)}"
        return f"{resolved}; when the host answered again is not known."
    if not is_end_exact(host):
        return _between("came back", moment(host.outage.still_gone_unix_seconds, zone), back)
    if has_flapped(host):
        return f"After the last time it answered again on {back}."
    return f"It answered {'for the first time' if has_never_answered(host) else 'again'} on {back}."


def _never(what: str, host: HostFacts, zone: tzinfo) -> str:
    first = moment(host.outage.never_since_unix_seconds, zone)
    return f"{what}, as far as Prometheus knows; the first scrape that it has stored was on {first}."


def _between(what: str, start: str, end: str) -> str:
    return f"It {what} between {start} and {end}; Prometheus did not scrape it in between."


def _still_gone_in_table(host: HostFacts, at: Moment) -> str:
    last = at(host.outage.still_gone_unix_seconds)
    if is_time(host.back_unix_seconds):
        return f"Came back between {last} and {at(host.back_unix_seconds)}."
    return f"Not scraped since {last}."


def share(some: Sequence[HostFacts], of_all: Sequence[HostFacts]) -> str:
    """Return `12 hosts` if that is all of them, else `9 of 12 hosts`."""
    count, total = len({host.name for host in some}), len({host.name for host in of_all})
    hosts = counted(total, "host", "hosts")
    return hosts if count == total else f"{count} of {hosts}"

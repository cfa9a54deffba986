"""The first sentence of an alert mail, which states what is the case, and the times below it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.rendering.letters.letter import sentence
from alertbridge.rendering.letters.numbers import counted, is_time, moment, span
from alertbridge.rendering.letters.other_targets import lead_of_target
from alertbridge.rendering.letters.outages import (
    began,
    came_back,
    flaps,
    has_flapped,
    has_never_answered,
    is_down,
    is_end_exact,
    is_start_exact,
    lasted,
    share,
    start_lines,
    whole_lines,
)
from alertbridge.rendering.letters.scrape_errors import explain

_REASONS_AT_MOST = 4
STATE_WORDS = {
    Kind.DOWN: "Down",
    Kind.UP: "Up again",
    Kind.CRITICAL: "Critical",
    Kind.WARN: "Warning",
    Kind.INFO: "Info",
    Kind.OK: "Resolved",
    Kind.ENDED: "No longer watched",
    Kind.BLIND: "Blind",
    Kind.TEST: "Test",
    Kind.REPORT: "Report",
    Kind.DIGEST: "Digest",
    Kind.REMINDER: "Reminder",
}


@dataclass(frozen=True, slots=True)
class Lead:
    """The state in one sentence, and since when: a sentence for each moment that is known."""

    text: str
    lines: tuple[str, ...]


def lead_of(facts: AlertFacts) -> Lead:
    """Return how the mail begins."""
    zone, now = facts.reader.timezone, facts.now_unix_seconds
    if len(facts.hosts) == 1:
        return _lead_of_one(facts.kind, facts.hosts[0], zone, now)
    match facts.kind:
        case Kind.DOWN:
            return _many_down(facts.hosts, zone, now)
        case Kind.UP:
            return _many_up(facts.hosts, zone)
        case Kind.ENDED:
            return _many_ended(facts.hosts, zone)
        case Kind.OK:
            ended = [host.ended_unix_seconds for host in facts.hosts if is_time(host.ended_unix_seconds)]
            last = max((end for end in ended if end is not None), default=None)
            return Lead(f"Resolved: {_of(facts.hosts)}.", (f"The last ended on {moment(last, zone)}.",))
        case kind:
            first = min((host.fired_unix_seconds for host in facts.hosts), default=None)
            text = f"{STATE_WORDS[kind]}: {_of(facts.hosts)}, the first for {span(first, now)}."
            return Lead(text, (f"The first fired on {moment(first, zone)}.",))


def _lead_of_one(kind: Kind, host: HostFacts, zone: tzinfo, now: float) -> Lead:
    if host.is_other_target and kind is not Kind.ENDED:
        return Lead(*lead_of_target(host, STATE_WORDS[kind], zone, now))
    match kind:
        case Kind.DOWN:
            return _down(host, zone, now)
        case Kind.UP:
            return _up(host, zone)
        case Kind.ENDED:
            return _ended(host, zone)
        case Kind.OK:
            fired, ended = host.fired_unix_seconds, host.ended_unix_seconds
            times = f"It fired on {moment(fired, zone)} and ended on {moment(ended, zone)}."
            return Lead(f"Resolved after {span(fired, ended)}.", (times,))
        case _:
            fired = host.fired_unix_seconds
            text = f"{STATE_WORDS[kind]}: it has been firing for {span(fired, now)}."
            return Lead(text, (f"It fired on {moment(fired, zone)}.",))


def _down(host: HostFacts, zone: tzinfo, now: float) -> Lead:
    reason = explain(host.reason, host.address).short
    why = f": {reason}" if reason else ""
    if is_time(host.back_unix_seconds):
        text = f"It was down for {lasted(host, host.back_unix_seconds)} and answers again."
        return Lead(text, whole_lines(host, zone))
    if is_time(host.since_unix_seconds) or has_never_answered(host):
        return Lead(sentence(f"Down for {lasted(host, now)}{why}"), start_lines(host, zone))
    fired = f"The alert fired on {moment(host.fired_unix_seconds, zone)}."
    answered = "When it last answered is not known"
    if not host.outage.is_rough:  # else it may have answered for a moment since
        answered = f"{answered}, only that it was before that"
    return Lead(sentence(f"Down{why}"), (fired, f"{answered}."))


def _up(host: HostFacts, zone: tzinfo) -> Lead:
    lines = (*whole_lines(host, zone), *_gone_again(host, zone))
    if has_never_answered(host):
        return Lead(f"Up for the first time: it did not answer for {lasted(host, came_back(host))}.", lines)
    if has_flapped(host):
        whole = span(began(host), came_back(host))
        return Lead(f"Up again: within {whole} it stopped answering {flaps(host)}.", lines)
    again = "" if host.unanswered_unix_seconds is None else ", but it does not answer now"
    return Lead(f"Up again after {lasted(host, came_back(host))}{again}.", lines)


def _gone_again(host: HostFacts, zone: tzinfo) -> tuple[str, ...]:
    if host.unanswered_unix_seconds is None:
        return ()
    last = moment(host.unanswered_unix_seconds, zone)
    return (f"The last scrape, on {last}, failed.",)


def _ended(host: HostFacts, zone: tzinfo) -> Lead:
    if is_time(host.since_unix_seconds):
        answered = (
            f"It did not answer until then; it last answered on {moment(host.since_unix_seconds, zone)}."
        )
    elif has_never_answered(host):
        answered = "It has never answered, as far as Prometheus knows."
    else:
        answered = "It did not answer until then; when it last answered is not known."
    return Lead(
        "No longer watched: Prometheus does not scrape it under this name any more.", (answered, _now(host))
    )


def _now(host: HostFacts) -> str:
    """Return what becomes of the address of *host*, which is no longer watched under its name."""
    if not host.watched_as:
        return "Its address is not watched at all now: nothing more will be reported about it."
    if host.watched_as == host.name:
        return "Its address is still watched, with other labels; if it does not answer, a new alert says so."
    return f"Its address is watched as {host.watched_as} now; if it does not answer, a new alert says so."


def _many_ended(hosts: Sequence[HostFacts], zone: tzinfo) -> Lead:
    gone = [host for host in hosts if host.means_down]
    ended = [host for host in gone if host.is_unwatched]
    text = f"No longer watched: {share(ended, gone)}, which did not answer until then.{_besides(hosts)}"
    return Lead(text, (_first_gone(ended, zone),))


def _many_down(hosts: Sequence[HostFacts], zone: tzinfo, now: float) -> Lead:
    gone = [host for host in hosts if host.means_down]
    down = [host for host in gone if is_down(host)]
    if not down:
        text = f"No longer down: {share(gone, gone)}.{_besides(hosts)}"
        return Lead(text, (_first_gone(gone, zone),))
    reasons = Counter(explain(host.reason, host.address).short for host in down)
    named = [f"{count} {short}" for short, count in reasons.most_common(_REASONS_AT_MOST) if short]
    why = f"; {', '.join(named)}" if named else ""
    first = min(down, key=began)
    long = f"{_about(is_start_exact(first))}{span(began(first), now)}"
    text = sentence(f"Down: {share(down, gone)}, the first for {long}{why}")
    return Lead(text + _besides(hosts), (_first_gone(down, zone),))


def _many_up(hosts: Sequence[HostFacts], zone: tzinfo) -> Lead:
    gone = [host for host in hosts if host.means_down]
    back = [host for host in gone if host.is_over and not host.is_unwatched]
    all_back = (
        f", the last of them {_whole(back)} after the first went down" if len(back) == len(gone) else ""
    )
    text = f"Up again: {share(back, gone)}{all_back}.{_besides(hosts)}"
    return Lead(text, (_first_gone(gone, zone), _last_back(back, zone)))


def _whole(hosts: Sequence[HostFacts]) -> str:
    """Return how long it took until all *hosts* were back."""
    first = min(hosts, key=began, default=None)
    last = max(hosts, key=lambda host: came_back(host) or 0.0, default=None)
    if first is None or last is None:
        return span(None, None)
    is_exact = is_start_exact(first) and is_end_exact(last)
    return f"{_about(is_exact)}{span(began(first), came_back(last))}"


def _about(is_exact: bool) -> str:  # noqa: FBT001 - whether the number that follows is exact
    return "" if is_exact else "about "


def _first_gone(hosts: Sequence[HostFacts], zone: tzinfo) -> str:
    answered = [host.since_unix_seconds for host in hosts if host.since_unix_seconds is not None]
    if any(map(is_time, answered)):
        return f"The first to go down last answered on {moment(min(filter(is_time, answered)), zone)}."
    fired = min((host.fired_unix_seconds for host in hosts), default=None)
    return f"The first alert fired on {moment(fired, zone)}; the host went down before that."


def _last_back(hosts: Sequence[HostFacts], zone: tzinfo) -> str:
    last = max(hosts, key=lambda host: came_back(host) or 0.0, default=None)
    if last is not None and is_time(last.back_unix_seconds):
        return f"The last to come back answered again on {moment(last.back_unix_seconds, zone)}."
    ended = None if last is None else last.ended_unix_seconds
    return f"The last alert was resolved on {moment(ended, zone)}; when the host answered again is not known."


def _besides(hosts: Sequence[HostFacts]) -> str:
    others = sum(not host.means_down for host in hosts)
    return f" Also: {counted(others, 'other alert', 'other alerts')}." if others else ""


def _of(alerts: Sequence[HostFacts]) -> str:
    number = counted(len(alerts), "alert", "alerts")
    hosts = {alert.name for alert in alerts if alert.about is About.HOST}
    return f"{number} on {counted(len(hosts), 'host', 'hosts')}" if hosts else number

"""The letter about most hosts of a job at once: how many, and which of them from when to when."""

from collections.abc import Sequence

from alertbridge.mail.facts import AlertFacts, HostFacts
from alertbridge.mail.fleet_facts import AfterOutage, FleetOutage, HostOutage
from alertbridge.rendering.letters.headline import STATE_WORDS, Lead
from alertbridge.rendering.letters.letter import Column, Row, Section, Table, and_more, sentence
from alertbridge.rendering.letters.numbers import (
    NOT_KNOWN,
    counted,
    is_time,
    length,
    moment,
    moment_in_table,
    span,
)

_TITLES = ("Host", "Last answered", "Answered again", "Down for")
_MOST_TIMES = 100_000


def fleet_lead(facts: AlertFacts) -> Lead:
    """Return how the mail about one such alert begins."""
    (alert,) = facts.hosts
    word, zone = STATE_WORDS[facts.kind], facts.reader.timezone
    outage = facts.fleet_outages[0] if facts.fleet_outages else None
    fired = f"The alert fired on {moment(alert.fired_unix_seconds, zone)}"
    if alert.is_over:
        ended = f"{fired} and ended on {moment(alert.ended_unix_seconds, zone)}."
        return Lead(f"{word}: {_past(outage)}.", (ended,))
    return Lead(f"{word}{_present(alert, outage, facts.now_unix_seconds)}.", (f"{fired}.",))


def sections_of_fleet(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    """Return what the alert said when it fired, and the hosts that were down; at most *at_most* of them."""
    (alert,) = facts.hosts
    said = [text for text in (alert.summary, alert.description) if text]
    line = f"When the alert fired: {' '.join(map(sentence, said))}"
    details = (Section(title="Details", lines=(line,)),) if said else ()
    return *details, *fleet_tables(facts, at_most)


def fleet_tables(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    """Return a table of the hosts that were down, for each such alert; at most *at_most* rows in each."""
    outages = [one for one in facts.fleet_outages if one.hosts]
    return tuple(
        Section(title=_title(outage, is_only=len(outages) == 1), table=_table(outage, facts, at_most))
        for outage in outages
    )


def names_of_down(facts: AlertFacts) -> set[str]:
    """Return the names of the hosts that these tables show as still down."""
    hosts = (host for outage in facts.fleet_outages for host in outage.hosts)
    return {host.name for host in hosts if host.after is AfterOutage.DOWN}


def _title(outage: FleetOutage, *, is_only: bool) -> str:
    of_job = "" if is_only or not outage.job else f" of job {outage.job}"
    return f"Hosts{of_job} that did not answer"


def _present(alert: HostFacts, outage: FleetOutage | None, now: float) -> str:
    """Return what is so now, and what only was so when the alert fired."""
    then = ": most hosts did not answer when the alert fired"
    if outage is None or outage.total < 1:
        return f"{then}; whether they answer now is not known"
    of_all, down = f"of {counted(outage.total, 'host', 'hosts')}", outage.total - outage.up
    if down > outage.up:
        return f" for {span(alert.fired_unix_seconds, now)}: {down} {of_all} {_do(down)} not answer"
    return f"{then}; {outage.up} {of_all} {'answers' if outage.up == 1 else 'answer'} now"


def _past(outage: FleetOutage | None) -> str:
    if outage is None:
        return "most hosts did not answer; which ones, and from when to when, is not known"
    if not outage.hosts:
        return "most hosts did not answer, but none of those that you watch was down"
    were = counted(len(outage.hosts), "host that you watch was down", "hosts that you watch were down")
    longest = max(host.down_seconds for host in outage.hosts)
    lasted = f", {'the longest ' if len(outage.hosts) > 1 else ''}for {length(longest)}" if longest else ""
    return f"{were}{lasted}; {_what_became(outage.hosts)}"


def _what_became(hosts: Sequence[HostOutage]) -> str:
    down = sum(host.after is AfterOutage.DOWN for host in hosts)
    unwatched = sum(host.after is AfterOutage.UNWATCHED for host in hosts)
    fates = [f"{down} still {_do(down)} not answer"] if down else []
    if unwatched:
        fates.append(f"{unwatched} {'is' if unwatched == 1 else 'are'} not watched any more")
    if not fates:
        return "it answers again" if len(hosts) == 1 else f"all {len(hosts)} answer again"
    return " and ".join(fates)


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


def _table(outage: FleetOutage, facts: AlertFacts, at_most: int) -> Table:
    return Table(
        columns=tuple(map(Column, _TITLES)),
        rows=tuple(_row(host, facts) for host in outage.hosts[:at_most]),
        more=and_more(outage.hosts, at_most),
    )


def _row(host: HostOutage, facts: AlertFacts) -> Row:
    zone, now = facts.reader.timezone, facts.now_unix_seconds
    if is_time(host.last_answered_unix_seconds):
        answered = moment_in_table(host.last_answered_unix_seconds, zone, now)
    else:
        answered = f"before {moment_in_table(host.seen_down_unix_seconds, zone, now)}"
    back = moment_in_table(host.back_unix_seconds, zone, now)
    if host.after is not AfterOutage.UP:
        back = "still DOWN" if host.after is AfterOutage.DOWN else "not watched any more"
    times = f"Down {min(host.times, _MOST_TIMES)} times, {length(host.down_seconds)} in all."
    return Row((host.name, answered, back, _lasted(host, now)), times if host.times > 1 else "")


def _lasted(host: HostOutage, now: float) -> str:
    """Return the time from the beginning of the first outage to the end of the last, if it is known."""
    began = host.last_answered_unix_seconds
    end = now if host.after is AfterOutage.DOWN else host.back_unix_seconds
    if not is_time(end):
        return NOT_KNOWN
    if is_time(began):
        return span(began, end)
    is_within = end is not None and host.seen_down_unix_seconds < end
    return f"over {span(host.seen_down_unix_seconds, end)}" if is_within else NOT_KNOWN

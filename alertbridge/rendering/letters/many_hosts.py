"""The body of a mail about several hosts: one table, a row for each, those still affected first."""

from collections.abc import Sequence
from dataclasses import replace

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.rendering.letters.labels import as_columns, differing_labels, named_values, value_of
from alertbridge.rendering.letters.last_hour import last_hours
from alertbridge.rendering.letters.left_out import FailedHost
from alertbridge.rendering.letters.letter import Column, Row, Section, Table, and_more
from alertbridge.rendering.letters.numbers import NOT_KNOWN, is_time, moment_in_table, percent, span
from alertbridge.rendering.letters.one_host import figures_of
from alertbridge.rendering.letters.other_targets import what_of_target
from alertbridge.rendering.letters.outages import (
    came_back,
    has_never_answered,
    is_down,
    lasted_in_table,
    note,
)
from alertbridge.rendering.letters.scrape_errors import explain

_SUMMARY_LIMIT = 80
_DESCRIPTION_LIMIT = 160
_REBOOTED = {True: "yes", False: "no", None: NOT_KNOWN}


def sections_of_many(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    """Return the table of all hosts; no more than *at_most* of them are shown."""
    hosts = _in_order(facts)
    first = "Host" if any(host.about is About.HOST for host in hosts) else "What"
    columns, row_of = {Kind.DOWN: _DOWN, Kind.UP: _UP, Kind.ENDED: _ENDED}.get(facts.kind, _ALERT)
    names, said = differing_labels(hosts), _said_by_all(hosts)
    shown = as_columns(names, hosts[:at_most]) if row_of is _alert_row else ()
    noted = [name for name in names if name not in shown]
    rows = (row_of(_without(host, said), facts) for host in hosts[:at_most])
    table = Table(
        columns=tuple(Column(title) for title in (first, "State", *columns[:1], *shown, *columns[1:])),
        rows=tuple(
            _with_labels(row, host, shown, noted) for row, host in zip(rows, hosts[:at_most], strict=True)
        ),
        more=and_more(hosts, at_most),
    )
    title = "Hosts" if first == "Host" else "Alerts"
    details = (Section(title="Details", lines=(said,)),) if said else ()
    charts = last_hours(facts.hosts, facts.reader.timezone)
    return *details, Section(title=title, table=table), *charts


def failed_hosts(facts: AlertFacts, at_most: int) -> tuple[list[FailedHost], int]:
    """Return the hosts that are down, in the order of that table, and how many of them it shows."""
    hosts = _in_order(facts)
    failed = [
        FailedHost(host.name, explain(host.reason, host.address).short) for host in hosts if _is_failed(host)
    ]
    return failed, sum(map(_is_failed, hosts[:at_most]))


def _in_order(facts: AlertFacts) -> list[HostFacts]:
    return sorted(facts.hosts, key=lambda host: host.is_over or (host.means_down and not is_down(host)))


def _is_failed(host: HostFacts) -> bool:
    return host.means_down and is_down(host)


def _said_by_all(hosts: Sequence[HostFacts]) -> str:
    """Return the description that all *hosts* which are not down share, to be said once; else nothing."""
    said = {host.description for host in hosts if not host.means_down}
    return said.pop() if len(said) == 1 and len(hosts) > 1 else ""


def _without(host: HostFacts, said: str) -> HostFacts:
    return replace(host, description="") if said and host.description == said else host


def _with_labels(row: Row, host: HostFacts, shown: Sequence[str], noted: Sequence[str]) -> Row:
    """Return *row* with the labels by which its alert differs: *shown* in columns, *noted* in the note."""
    start, end = row.cells[:3], row.cells[3:]
    note = ". ".join(filter(None, (named_values(host, noted), row.note)))
    return Row((*start, *(value_of(host, name) for name in shown), *end), note)


def _down_row(host: HostFacts, facts: AlertFacts) -> Row:
    if not host.means_down:
        return _alert_row(host, facts)
    if host.is_unwatched:
        return _ended_row(host, facts)
    if not is_down(host):
        was_down = f"was down for {lasted_in_table(host, came_back(host))}"
        return Row((host.name, "up", _back(host, facts), was_down), _note(host, facts))
    why = explain(host.reason, host.address).short or NOT_KNOWN
    return Row((host.name, "DOWN", _since(host, facts), why), _note(host, facts))


def _up_row(host: HostFacts, facts: AlertFacts) -> Row:
    if not host.means_down:
        end = host.ended_unix_seconds if host.is_over else facts.now_unix_seconds
        return Row(
            (host.name, _alert_state(host), span(host.fired_unix_seconds, end), _what(host)), _values(host)
        )
    if host.is_unwatched:
        return _ended_row(host, facts)
    if not is_down(host):
        state = "up" if host.unanswered_unix_seconds is None else "up, not answering now"
        lasted = lasted_in_table(host, came_back(host))
        return Row((host.name, state, lasted, _REBOOTED[host.has_rebooted]), _note(host, facts))
    so_far = lasted_in_table(host, facts.now_unix_seconds)
    return Row((host.name, "DOWN", f"{so_far} so far", "-"), _note(host, facts))


def _ended_row(host: HostFacts, facts: AlertFacts) -> Row:
    if not host.is_unwatched:
        return _up_row(host, facts)
    now = f"watched as {host.watched_as}" if host.watched_as else "not watched"
    return Row((host.name, "no longer watched", _since(host, facts), now), _values(host))


def _alert_row(host: HostFacts, facts: AlertFacts) -> Row:
    since = moment_in_table(host.fired_unix_seconds, facts.reader.timezone, facts.now_unix_seconds)
    if host.is_other_target:
        since = _since(host, facts)
    notes = (clean(host.description, _DESCRIPTION_LIMIT), _values(host))
    return Row((host.name, _alert_state(host), since, _what(host)), " ".join(filter(None, notes)))


def _alert_state(host: HostFacts) -> str:
    return "resolved" if host.is_over else "FIRING"


def _what(host: HostFacts) -> str:
    if host.is_other_target:
        return what_of_target(host)
    return clean(host.summary or host.alertname, _SUMMARY_LIMIT)


_DOWN = (("Since", "Why"), _down_row)
_UP = (("Down for", "Rebooted"), _up_row)
_ENDED = (("Last answered", "Now"), _ended_row)
_ALERT = (("Since", "What"), _alert_row)


def _since(host: HostFacts, facts: AlertFacts) -> str:
    zone, now = facts.reader.timezone, facts.now_unix_seconds
    if is_time(host.since_unix_seconds):
        return moment_in_table(host.since_unix_seconds, zone, now)
    if host.outage.is_rough:  # it may have answered for a moment since the alert fired
        return NOT_KNOWN
    known = host.outage.never_since_unix_seconds if has_never_answered(host) else host.fired_unix_seconds
    return f"before {moment_in_table(known, zone, now)}"


def _back(host: HostFacts, facts: AlertFacts) -> str:
    """Return since when *host*, which is not down any more, has been up."""
    about = "" if is_time(host.back_unix_seconds) else "about "
    return about + moment_in_table(came_back(host), facts.reader.timezone, facts.now_unix_seconds)


def _note(host: HostFacts, facts: AlertFacts) -> str:
    """Return what else there is to say of an outage, and the values, below the row."""
    notes = (note(host, facts.reader.timezone, facts.now_unix_seconds), _values(host))
    return " ".join(filter(None, notes))


def _values(host: HostFacts) -> str:
    """Return the host's last known values and its top process in one line; empty if there are none."""
    if host.last_values is None:
        return ""
    cpu, memory, share = figures_of(host.last_values)
    values = [
        f"CPU {cpu.value}",
        f"RAM {memory.value}",
        f"{share.label.replace('Load', 'load')} {share.value}",
    ]
    largest = [f"{process.name} {percent(process.cpu_ratio)}" for process in host.top_processes[:1]]
    return ", ".join([*values, *largest])

"""The letter of an alert, about one host or many."""

from collections.abc import Sequence

from alertbridge.mail.facts import About, AlertFacts, FleetFacts, HostFacts, Kind, Reader
from alertbridge.rendering.letters.fleet import fleet_lead, fleet_tables, names_of_down, sections_of_fleet
from alertbridge.rendering.letters.headline import Lead, lead_of
from alertbridge.rendering.letters.internal import internal_lead, internal_sections
from alertbridge.rendering.letters.labels import label_sections
from alertbridge.rendering.letters.left_out import rest_of
from alertbridge.rendering.letters.letter import Letter, Section, Tone, listed, sentence
from alertbridge.rendering.letters.many_hosts import failed_hosts, sections_of_many
from alertbridge.rendering.letters.next_steps import next_steps
from alertbridge.rendering.letters.numbers import is_time, moment, span
from alertbridge.rendering.letters.one_host import last_sections_of_one, sections_of_one
from alertbridge.rendering.letters.state import headline_of
from marax.settings.durations import spoken

_TONES = {
    Kind.DOWN: Tone.BAD,
    Kind.CRITICAL: Tone.BAD,
    Kind.BLIND: Tone.BAD,
    Kind.WARN: Tone.UNEASY,
    Kind.UP: Tone.GOOD,
    Kind.OK: Tone.GOOD,
}
_NAMES_AT_MOST = 12
_ALERTS_AT_MOST = 5
_REMARKS_AT_MOST = 5
_DELAY_SHOWN_FROM_SECONDS = 600.0
_CLOCKS_DIFFER_SECONDS = 10.0


def alert_letter(facts: AlertFacts, at_most: int) -> Letter:
    """Return the letter for clean *facts*; lists are cut at *at_most*, and say what they leave out."""
    lead, body = _lead_and_body(facts, at_most)
    also_down, files = rest_of(*failed_hosts(facts, at_most)) if len(facts.hosts) > 1 else ((), ())
    return Letter(
        kind=facts.kind,
        title=facts.title,
        headline=headline_of(facts),
        tone=_TONES.get(facts.kind, Tone.CALM),
        lead=lead.text,
        lines=(*lead.lines, *facts.remarks[: min(at_most, _REMARKS_AT_MOST)], *_of_the_mail(facts, at_most)),
        sections=(
            *body,
            *also_down,
            *_fleet(facts, at_most),
            *_last_sections(facts, at_most),
            *missing_section(facts.missing, at_most),
        ),
        footer=(
            _alerts(facts.hosts),
            *_unknown_severities(facts.hosts),
            *footer_of(facts.reader, facts.now_unix_seconds, facts.incident_id),
        ),
        attachments=files,
    )


def footer_of(reader: Reader, now_unix_seconds: float, incident_id: str = "") -> tuple[str, ...]:
    """Return the last lines of every mail: why this reader gets it, when it was written, its incident."""
    reason = sentence(f"You get this mail because {reader.reason_for_mail}") if reader.reason_for_mail else ""
    generated = f"Generated for {reader.name} on {moment(now_unix_seconds, reader.timezone)}."
    incident = f"Incident {incident_id}." if incident_id else ""
    return tuple(line for line in (reason, generated, incident) if line)


def missing_section(missing: Sequence[str], at_most: int) -> tuple[Section, ...]:
    """Return what is not available and why; nothing when that is nothing."""
    if not missing:
        return ()
    left_out = len(missing) - at_most
    more = (f"And {left_out} more.",) if left_out > 0 else ()
    return (Section(title="Not available", lines=(*missing[:at_most], *more)),)


def _lead_and_body(facts: AlertFacts, at_most: int) -> tuple[Lead, tuple[Section, ...]]:
    if len(facts.hosts) != 1:
        body = (*sections_of_many(facts, at_most), *fleet_tables(facts, at_most))
        return lead_of(facts), (*body, *next_steps(facts, at_most))
    if facts.hosts[0].about is About.FLEET:
        return fleet_lead(facts), (*sections_of_fleet(facts, at_most), *next_steps(facts, at_most))
    if facts.hosts[0].about is not About.HOST:
        return internal_lead(facts), internal_sections(facts)
    return lead_of(facts), (*sections_of_one(facts, at_most), *next_steps(facts, at_most))


def _of_the_mail(facts: AlertFacts, at_most: int) -> tuple[str, ...]:
    """Return what is odd about this mail: that it corrects another, is late, or its times do not fit."""
    return (*_corrected(facts, at_most), *_reconciled(facts), *_delay(facts), *_skew(facts))


def _last_sections(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    if len(facts.hosts) != 1:
        return ()
    if facts.hosts[0].about is About.FLEET:
        return label_sections(facts.hosts[0], at_most)
    return last_sections_of_one(facts, at_most) if facts.hosts[0].about is About.HOST else ()


def _corrected(facts: AlertFacts, at_most: int) -> tuple[str, ...]:
    wrong = [host for host in facts.hosts if host.is_correction]
    if not wrong:
        return ()
    if len(facts.hosts) > 1:
        names = listed([host.name for host in wrong], min(at_most, _NAMES_AT_MOST))
        return (f"An earlier mail reported that it was over for {names}: that was wrong.",)
    said = "that the host was up again" if wrong[0].means_down else "that the alert was resolved"
    return (f"An earlier mail reported {said}: that was wrong.",)


def _reconciled(facts: AlertFacts) -> tuple[str, ...]:
    ends = [host.ended_unix_seconds for host in facts.hosts if host.is_over and host.is_end_reconciled]
    if not ends:
        return ()
    if len(facts.hosts) > 1:
        unsent = f'Alertmanager sent no "resolved" for {len(ends)} of them (silenced or inhibited by then?)'
        return (f"{unsent}; according to Prometheus they are no longer firing.",)
    last = max((end for end in ends if end is not None and is_time(end)), default=None)
    unsent = 'Alertmanager sent no "resolved" (silenced or inhibited by then?)'
    since = moment(last, facts.reader.timezone)
    return (f"{unsent}; according to Prometheus the alert has not fired since {since}.",)


def _delay(facts: AlertFacts) -> tuple[str, ...]:
    due, now = facts.due_unix_seconds, facts.now_unix_seconds
    if due is None or not is_time(due) or not is_time(now) or now - due <= _DELAY_SHOWN_FROM_SECONDS:
        return ()
    return (f"Delayed by {span(due, now)}: this mail was due on {moment(due, facts.reader.timezone)}.",)


def _skew(facts: AlertFacts) -> tuple[str, ...]:
    now, ahead_seconds = facts.now_unix_seconds, 0.0
    for host in facts.hosts:
        ends = (host.ended_unix_seconds, host.back_unix_seconds) if host.is_over else ()
        times = (host.fired_unix_seconds, host.since_unix_seconds, *ends)
        known = [time for time in times if time is not None and is_time(time)]
        ahead_seconds = max([ahead_seconds, *(time - now for time in known)])
    if not is_time(now) or ahead_seconds <= _CLOCKS_DIFFER_SECONDS:
        return ()
    ahead = f"Times in this mail are up to {spoken(ahead_seconds)} ahead of the clock of the bridge"
    return (f"{ahead}: compare the clocks of both machines, as no length of time can be trusted.",)


def _fleet(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    if facts.fleet is None or facts.fleet.total < 1:
        return ()
    shown = {host.name for host in facts.hosts} | names_of_down(facts)
    others = [name for name in facts.fleet.down if name not in shown]
    line = _fleet_line(facts.fleet, listed(others, min(at_most, _NAMES_AT_MOST)))
    return (Section(title="Rest of the fleet", lines=(line,)),)


def _fleet_line(fleet: FleetFacts, others: str) -> str:
    also = f"Also down: {others}." if others else "No other host is down."
    if fleet.total == 1:
        state = "is up." if fleet.up else "is down." if not others else f"is down: {others}."
        return f"The only host that you watch {state}"
    if fleet.up == fleet.total and not others:
        return f"All {fleet.total} hosts that you watch are up."
    return f"{fleet.up} of {fleet.total} hosts that you watch {'is' if fleet.up == 1 else 'are'} up. {also}"


def _alerts(hosts: tuple[HostFacts, ...]) -> str:
    """Return which alerts these are, with the address of a single host."""
    alerts = dict.fromkeys(
        f"{host.alertname or 'one without a name'}{f', severity {host.severity}' if host.severity else ''}"
        for host in hosts
    )
    what = f"Alert: {listed(list(alerts), _ALERTS_AT_MOST)}."
    if len(hosts) != 1 or not hosts[0].address:
        return what
    host = hosts[0]
    place = "scraped at" if host.is_in_hosts or host.is_other_target else "instance"
    return f"{what} Host: {host.name}, {place} {host.address}."


def _unknown_severities(hosts: tuple[HostFacts, ...]) -> tuple[str, ...]:
    """Return that the alerts' own severities count as another, where they are not known."""
    unknown = [f'"{one}"' for one in dict.fromkeys(host.unknown_severity for host in hosts) if one]
    if not unknown:
        return ()
    if len(unknown) == 1:
        return (f"The severity {unknown[0]} is unknown to marax and counts as a warning.",)
    these = listed(unknown, _ALERTS_AT_MOST)
    return (f"The severities {these} are unknown to marax and count as warnings.",)

"""The letter about many incidents: a digest of what was held, or a reminder of what still fires."""

from collections.abc import Sequence
from datetime import tzinfo

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import HostFacts, Kind
from alertbridge.mail.mail import AttachedText
from alertbridge.mail.subject import NOT_ANSWERING, listed_title
from alertbridge.mail.summary_facts import SummaryFacts, worst_first
from alertbridge.rendering.letters.alert import footer_of, missing_section
from alertbridge.rendering.letters.headline import STATE_WORDS
from alertbridge.rendering.letters.labels import differing_labels, named_values
from alertbridge.rendering.letters.letter import Column, Letter, Row, Section, Table, Tone, and_more, sentence
from alertbridge.rendering.letters.next_steps import ASK_ALL
from alertbridge.rendering.letters.numbers import counted, is_time, moment, moment_in_table, span
from alertbridge.rendering.letters.other_targets import what_of_target
from alertbridge.rendering.letters.outages import (
    began,
    came_back,
    is_down,
    is_end_exact,
    is_start_exact,
    lasted_in_table,
    note,
)
from alertbridge.rendering.letters.whole_list import whole_list

_WHAT_LIMIT = 120
_SMALL_LIMIT = 2  # of mails per hour, of which there is no third


def summary_letter(facts: SummaryFacts, at_most: int) -> Letter:
    """Return the letter for clean *facts*; each list is cut at *at_most*, and says what it leaves out."""
    alerts = facts.already_reported if facts.kind is Kind.REMINDER else facts.news
    first = min(alerts, key=_since, default=None)
    sections = _sections(facts, at_most)
    all_of_it, files = _whole_list(facts, sections)
    return Letter(
        kind=facts.kind,
        title=summary_title(facts),
        headline=summary_title(facts),
        tone=_tone(facts),
        lead=_lead(facts, first),
        lines=(*_limit(facts), *_first(first, facts.reader.timezone), *all_of_it),
        sections=(*sections, *missing_section(facts.missing, at_most)),
        footer=footer_of(facts.reader, facts.now_unix_seconds, facts.incident_id),
        attachments=files,
    )


def summary_title(facts: SummaryFacts) -> str:
    """Return what follows the subject's bracket."""
    if facts.kind is Kind.REMINDER:
        number = counted(len(facts.already_reported), "alert", "alerts")
        return listed_title(f"{number} still firing", list(dict.fromkeys(one.name for one in facts.alerts)))
    return f"{counted(len(facts.news), 'alert', 'alerts')} {_held(facts)}, {_how_many_fire(facts)}"


def _held(facts: SummaryFacts) -> str:
    """Return why the news was held."""
    if facts.mails_per_hour is None:
        return "during quiet hours"
    return f"beyond {counted(facts.mails_per_hour, 'mail', 'mails')} an hour"


def _limit(facts: SummaryFacts) -> tuple[str, ...]:
    if facts.mails_per_hour is None or facts.kind is not Kind.DIGEST:
        return ()
    mails = counted(facts.mails_per_hour, "mail", "mails")
    kept = ", a third of them for critical alerts" if facts.mails_per_hour > _SMALL_LIMIT else ""
    return (f"You get at most {mails} an hour{kept}: the rest is told here.",)


def _how_many_fire(facts: SummaryFacts) -> str:
    firing = sum(not alert.is_over for alert in facts.news)
    if len(facts.news) == 1:
        return "still firing" if firing else "resolved"
    return f"{firing} still firing" if firing else "all resolved"


def _lead(facts: SummaryFacts, first: HostFacts | None) -> str:
    word = STATE_WORDS[facts.kind]
    if facts.kind is Kind.DIGEST:
        number = counted(len(facts.news), "alert", "alerts")
        return f"{word}: {number} {_held(facts)}; {_fates(facts)}."
    number = counted(len(facts.already_reported), "alert", "alerts")
    oldest = span(None, None) if first is None else _for(first, facts.now_unix_seconds)
    return f"{word}: {number} still firing, the oldest for {oldest}."


def _first(alert: HostFacts | None, zone: tzinfo) -> tuple[str, ...]:
    if alert is None:
        return (f"The first fired on {moment(None, zone)}.",)
    if alert.is_outage and is_time(alert.since_unix_seconds):
        return (f"The first to go down last answered on {moment(alert.since_unix_seconds, zone)}.",)
    return (f"The first fired on {moment(alert.fired_unix_seconds, zone)}.",)


def _fates(facts: SummaryFacts) -> str:
    over = sum(alert.is_over for alert in facts.news)
    firing = len(facts.news) - over
    fates = ((firing, "still firing"), (over, "resolved"))
    return ", ".join(f"{count} {fate}" for count, fate in fates if count)


def _tone(facts: SummaryFacts) -> Tone:
    firing = [alert for alert in facts.alerts if not alert.is_over]
    if any(alert.severity == "critical" for alert in firing):
        return Tone.BAD
    return Tone.UNEASY if firing else Tone.GOOD


def _sections(facts: SummaryFacts, at_most: int) -> tuple[Section, ...]:
    firing = tuple(alert for alert in facts.news if not alert.is_over)
    over = tuple(alert for alert in facts.news if alert.is_over)
    before = "Still firing" if facts.kind is Kind.REMINDER else "Still firing, already reported"
    parts = (("Still firing", firing), (before, facts.already_reported), ("Resolved", over))
    tables = [Section(title=title, table=_table(alerts, facts, at_most)) for title, alerts in parts if alerts]
    if firing or facts.already_reported:
        tables.append(Section(title="What to do next", steps=(ASK_ALL,)))
    return tuple(tables)


def _whole_list(
    facts: SummaryFacts, sections: Sequence[Section]
) -> tuple[tuple[str, ...], tuple[AttachedText, ...]]:
    """Return what lists all alerts where *sections* leave some out: a line, and the file it speaks of."""
    if not any(section.table and section.table.more for section in sections):
        return (), ()
    said, file = whole_list(_sections(facts, len(facts.alerts)))
    return (said,), (file,)


def _table(alerts: tuple[HostFacts, ...], facts: SummaryFacts, at_most: int) -> Table:
    are_over, names = alerts[0].is_over, differing_labels(alerts)
    titles = ("Host", "From", "To", "Lasted") if are_over else ("Host", "Severity", "Since", "For")
    row_of = _row_over if are_over else _row_firing
    return Table(
        columns=tuple(map(Column, titles)),
        rows=tuple(
            row_of(alert, facts, named_values(alert, names)) for alert in worst_first(alerts)[:at_most]
        ),
        more=and_more(alerts, at_most),
    )


def _row_firing(alert: HostFacts, facts: SummaryFacts, labels: str) -> Row:
    now = facts.now_unix_seconds
    since = _in_table(_since(alert), facts, is_exact=not alert.is_outage or is_time(alert.since_unix_seconds))
    return Row((alert.name, alert.severity or "-", since, _for(alert, now)), _notes(alert, facts, labels))


def _row_over(alert: HostFacts, facts: SummaryFacts, labels: str) -> Row:
    ended = came_back(alert) if alert.is_outage else alert.ended_unix_seconds
    times = (
        _in_table(_since(alert), facts, is_exact=not alert.is_outage or is_start_exact(alert)),
        _in_table(ended, facts, is_exact=not alert.is_outage or is_end_exact(alert)),
    )
    long = lasted_in_table(alert, ended) if alert.is_outage else span(alert.fired_unix_seconds, ended)
    return Row((alert.name, *times, long), _notes(alert, facts, labels))


def _since(alert: HostFacts) -> float:
    """Return since when it has been so: a host down since its last answer, anything else since it fired."""
    return began(alert) if alert.is_outage else alert.fired_unix_seconds


def _for(alert: HostFacts, now_unix_seconds: float) -> str:
    """Return for how long *alert* has been so, or how long a host was down that is back before it ends."""
    if not alert.is_outage:
        return span(alert.fired_unix_seconds, now_unix_seconds)
    return lasted_in_table(alert, now_unix_seconds if is_down(alert) else alert.back_unix_seconds)


def _in_table(unix_seconds: float | None, facts: SummaryFacts, *, is_exact: bool) -> str:
    about = "" if is_exact or not is_time(unix_seconds) else "about "
    return about + moment_in_table(unix_seconds, facts.reader.timezone, facts.now_unix_seconds)


def _notes(alert: HostFacts, facts: SummaryFacts, labels: str) -> str:
    what = f"{_what(alert)} ({labels})" if labels else _what(alert)
    what = f"{alert.severity}: {what}" if alert.is_over and alert.severity else what
    if alert.is_over and alert.is_end_reconciled:
        what += ' Alertmanager sent no "resolved"; confirmed from Prometheus.'
    if not alert.is_outage:
        return what
    details = note(alert, facts.reader.timezone, facts.now_unix_seconds)
    back = ""
    if not alert.is_over and not is_down(alert):
        back = f"Answers again since {_in_table(alert.back_unix_seconds, facts, is_exact=True)}."
    return " ".join(filter(None, (sentence(what) if details or back else what, details, back)))


def _what(alert: HostFacts) -> str:
    if alert.is_other_target:
        return what_of_target(alert)
    return NOT_ANSWERING if alert.means_down else clean(alert.summary or alert.alertname, _WHAT_LIMIT)

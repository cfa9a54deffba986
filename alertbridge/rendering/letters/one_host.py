"""The body of a mail about one host: why, its last known state, its top processes."""

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import AlertFacts, HostFacts, Kind
from alertbridge.mail.host_facts import LastDay, LastValues, ProcessFact
from alertbridge.mail.subject import NOT_ANSWERING
from alertbridge.rendering.letters.labels import label_sections
from alertbridge.rendering.letters.last_hour import last_hours
from alertbridge.rendering.letters.letter import Column, Figure, Row, Section, Table, and_more
from alertbridge.rendering.letters.numbers import (
    NOT_KNOWN,
    counted,
    exact_percent,
    load,
    per_cpu,
    percent,
    size,
)
from alertbridge.rendering.letters.scrape_errors import explain
from alertbridge.rendering.letters.state import headline_of

_VALUE_TITLES = {Kind.DOWN: "Last known state", Kind.UP: "Now", Kind.ENDED: "Last known state"}
_PROCESS_TITLES = {
    Kind.DOWN: "Top processes in its last minute",
    Kind.UP: "Top processes now",
    Kind.ENDED: "Top processes in its last minute",
}
_SHORT_DESCRIPTION = 300  # where room is scarce
_ENDED = (
    "It was removed from the list of targets, renamed or relabelled while it did not answer. "
    "Whether it answers by now is not known."
)
_PROCESS_COLUMNS = (Column("Process"), Column("PID", is_number=True), Column("CPU", is_number=True))
_MEMORY_COLUMN = Column("RAM", is_number=True)


def sections_of_one(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    """Return what the mail says of its only host, in the order of reading; no list longer than *at_most*."""
    kind, (host,) = facts.kind, facts.hosts
    charts = last_hours(facts.hosts, facts.reader.timezone)
    labels = () if kind in _VALUE_TITLES else label_sections(host, at_most)
    return (
        *_why(kind, host, _said(facts, host, at_most)),
        *labels,
        *_last_values(kind, host),
        *charts,
        *_processes(kind, host, at_most),
    )


def last_sections_of_one(facts: AlertFacts, at_most: int) -> tuple[Section, ...]:
    """Return what the mail says of its only host at its end: the labels, where it is about a host's state."""
    (host,) = facts.hosts
    return label_sections(host, at_most) if facts.kind in _VALUE_TITLES else ()


def figures_of(values: LastValues) -> tuple[Figure, ...]:
    """Return CPU, RAM and load, each of them perhaps not known."""
    of_total = "" if values.memory_total_bytes is None else f"of {size(values.memory_total_bytes)}"
    return (
        Figure(label="CPU", value=percent(values.cpu_ratio), ratio=_bar(values.cpu_ratio)),
        Figure(
            label="RAM", value=percent(values.memory_ratio), detail=of_total, ratio=_bar(values.memory_ratio)
        ),
        _load_figure(values),
    )


def reboot_sentence(has_rebooted: bool | None) -> str:  # noqa: FBT001 - a fact, of three values
    """Return whether the machine rebooted, as a sentence."""
    if has_rebooted is None:
        return "Whether the machine rebooted is not known."
    if has_rebooted:
        return "The machine rebooted during the outage."
    return "The machine did not reboot: the exporter or the network was down."


def _said(facts: AlertFacts, host: HostFacts, at_most: int) -> tuple[str, ...]:
    """Return what the alert says of itself and the headline does not."""
    description = host.description if at_most > 1 else clean(host.description, _SHORT_DESCRIPTION)
    headline = headline_of(facts)
    texts = (text for text in (host.summary, description) if text not in {"", NOT_ANSWERING})
    return tuple(text for text in texts if text.rstrip(".") not in headline)


def _why(kind: Kind, host: HostFacts, said: tuple[str, ...]) -> tuple[Section, ...]:
    reason = explain(host.reason, host.address)
    quote = f"Prometheus: {reason.quote}" if reason.quote else ""
    last_day = _last_day(host.last_day)
    if kind is Kind.DOWN:
        return (Section(title="Why", lines=(reason.meaning, *said, *last_day), quote=quote),)
    if kind is Kind.UP:
        during = (f"During the outage: {reason.short}.",) if reason.short else ()
        lines = (reboot_sentence(host.has_rebooted), *during, *last_day)
        return (Section(title="What happened", lines=lines, quote=quote),)
    if kind is Kind.ENDED:
        return (Section(title="What this means", lines=(_ENDED, *last_day), quote=quote),)
    if not host.summary and not host.description:
        said = (f"The alert {host.alertname or 'without a name'} has no summary or description.",)
    return (Section(title="Details", lines=said, quote=quote),) if said or quote else ()


def _last_day(day: LastDay | None) -> tuple[str, ...]:
    if day is None or day.times_gone < 1 or exact_percent(day.answered_ratio) == NOT_KNOWN:
        return ()
    times = "once" if day.times_gone == 1 else f"{day.times_gone} times"
    answered = f"{exact_percent(day.answered_ratio)} of its scrapes were answered"
    return (f"In the last 24 h it stopped answering {times}; {answered}.",)


def _last_values(kind: Kind, host: HostFacts) -> tuple[Section, ...]:
    title = _VALUE_TITLES.get(_kind_now(kind, host), "Last known values")
    if host.last_values is not None:
        return (Section(title=title, figures=figures_of(host.last_values)),)
    if kind is Kind.DOWN:
        return (Section(title=title, lines=("Its last values are not known.",)),)
    return ()


def _kind_now(kind: Kind, host: HostFacts) -> Kind:
    """Return DOWN for a host that was up again and does not answer now: its values are not of now."""
    return kind if host.unanswered_unix_seconds is None else Kind.DOWN


def _processes(kind: Kind, host: HostFacts, at_most: int) -> tuple[Section, ...]:
    if not host.top_processes:
        return ()
    table = Table(
        columns=(*_PROCESS_COLUMNS, _MEMORY_COLUMN),
        rows=tuple(_process_row(process) for process in host.top_processes[:at_most]),
        more=and_more(host.top_processes, at_most),
    )
    return (Section(title=_PROCESS_TITLES.get(_kind_now(kind, host), "Top processes"), table=table),)


def _process_row(process: ProcessFact) -> Row:
    return Row((process.name, process.pid, percent(process.cpu_ratio), size(process.memory_rss_bytes)))


def _load_figure(values: LastValues) -> Figure:
    share = per_cpu(values.load1, values.cpus)
    if share is None:
        return Figure(label="Load", value=load(values.load1))
    cpus = counted(round(values.cpus or 0), "CPU", "CPUs")
    detail = f"({load(values.load1)} on {cpus})"
    return Figure(label="Load per CPU", value=load(share), detail=detail, ratio=min(share, 1.0))


def _bar(ratio: float | None) -> float | None:
    return min(ratio, 1.0) if ratio is not None and ratio >= 0 else None

"""The letters that are sent by hand: the report of all hosts, and the test of the path to a reader."""

from collections.abc import Sequence

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import Kind, ReportFacts, SendTestFacts
from alertbridge.mail.host_facts import HostState, LastValues
from alertbridge.mail.subject import listed_title
from alertbridge.rendering.letters.alert import footer_of
from alertbridge.rendering.letters.left_out import FailedHost, rest_of
from alertbridge.rendering.letters.letter import Column, Letter, Row, Section, Table, Tone, and_more
from alertbridge.rendering.letters.numbers import NOT_KNOWN, counted, length, load, moment, percent

_NUMBERS = ("CPU", "RAM", "Load", "Uptime", "Answer")
_REASON_LIMIT = 160
_NO_VALUES = LastValues()


def report_letter(facts: ReportFacts, at_most: int) -> Letter:
    """Return the letter with the state of every host, failed ones first; every failed one is named.

    The tables together have *at_most* rows.
    """
    down = sorted((host for host in facts.hosts if not host.is_up), key=lambda host: host.name)
    up = sorted((host for host in facts.hosts if host.is_up), key=lambda host: host.name)
    total = counted(len(facts.hosts), "host", "hosts")
    also_down, files = rest_of([FailedHost(host.name, _why(host)) for host in down], at_most)
    title = f"{total}, all up"
    if down:
        title = listed_title(f"{len(down)} of {total} down", [host.name for host in down])
    return Letter(
        kind=Kind.REPORT,
        title=title,
        headline=title,
        tone=Tone.BAD if down else Tone.GOOD,
        lead=f"Report: {len(down)} of {total} down." if down else f"Report: {total}, none of them down.",
        lines=(f"Each was asked directly on {moment(facts.now_unix_seconds, facts.reader.timezone)}.",),
        sections=(*_down(down, at_most), *also_down, *_up(up, at_most - len(down))),
        footer=footer_of(facts.reader, facts.now_unix_seconds),
        attachments=files,
    )


def send_test_letter(facts: SendTestFacts) -> Letter:
    """Return the letter that says: mail from marax reaches you."""
    reader = facts.reader
    sent = moment(facts.now_unix_seconds, reader.timezone)
    return Letter(
        kind=Kind.TEST,
        title=f"mail from marax reaches {reader.name}",
        headline=f"Mail from marax reaches {reader.name}",
        tone=Tone.CALM,
        lead="Test: mail from marax reaches you. Nothing is wrong.",
        lines=(f"It was sent on {sent}.",),
        sections=(
            Section(
                title="How it was sent",
                lines=(
                    f"Server: {facts.server}",
                    f"Settings: {facts.config_file}",
                    f"To: {reader.name}, {reader.address}",
                ),
            ),
            Section(
                title="Check your spam filter",
                lines=(
                    "If this mail was in your spam folder, mark it as not spam: the alerts will come the "
                    "same way.",
                ),
            ),
        ),
        footer=footer_of(reader, facts.now_unix_seconds),
    )


def _down(hosts: Sequence[HostState], at_most: int) -> tuple[Section, ...]:
    if not hosts:
        return ()
    rows = tuple(Row((host.name, _why(host))) for host in hosts[:at_most])
    return (Section(title="Down", table=Table(columns=(Column("Host"), Column("Why")), rows=rows)),)


def _up(hosts: Sequence[HostState], at_most: int) -> tuple[Section, ...]:
    if not hosts:
        return ()
    shown = max(at_most, 0)
    if not shown:
        return (Section(title="Up", lines=(f"{counted(len(hosts), 'host is', 'hosts are')} up.",)),)
    table = Table(
        columns=(Column("Host"), *(Column(title, is_number=True) for title in _NUMBERS)),
        rows=tuple(map(_row, hosts[:shown])),
        more=and_more(hosts, shown),
    )
    return (Section(title="Up", table=table),)


def _row(host: HostState) -> Row:
    values = host.values or _NO_VALUES
    figures = (percent(values.cpu_ratio), percent(values.memory_ratio), load(values.load1))
    times = (length(host.uptime_seconds), length(host.answer_seconds))
    cells = (host.name, *(_short(text) for text in (*figures, *times)))
    return Row(cells, _why(host) if host.reason else "")


def _why(host: HostState) -> str:
    return clean(host.reason, _REASON_LIMIT) or f"reason {NOT_KNOWN}"


def _short(figure: str) -> str:
    return "-" if figure == NOT_KNOWN else figure

"""The letters that are sent by hand: the report of all hosts, and the test of the path to a reader."""

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import Kind, ReportFacts, SendTestFacts
from alertbridge.mail.host_facts import HostState, LastValues
from alertbridge.mail.subject import listed_title
from alertbridge.rendering.letters.alert import footer_of
from alertbridge.rendering.letters.letter import Column, Letter, Row, Section, Table, Tone
from alertbridge.rendering.letters.numbers import NOT_KNOWN, counted, length, load, moment, percent

_NUMBERS = ("CPU", "RAM", "Load", "Uptime", "Answer")
_REASON_LIMIT = 160
_NO_VALUES = LastValues()


def report_letter(facts: ReportFacts, at_most: int) -> Letter:
    """Return the letter with the state of every host, failed ones first; the table is cut at *at_most*."""
    hosts = sorted(facts.hosts, key=lambda host: (host.is_up, host.name))
    down = [host.name for host in hosts if not host.is_up]
    total = counted(len(hosts), "host", "hosts")
    table = Table(
        columns=(Column("Host"), Column("State"), *(Column(title, is_number=True) for title in _NUMBERS)),
        rows=tuple(_row(host) for host in hosts[:at_most]),
        more=_left_out(hosts[at_most:]),
    )
    lead = f"Report: {len(down)} of {total} down." if down else f"Report: {total}, none of them down."
    title = listed_title(f"{len(down)} of {total} down", down) if down else f"{total}, all up"
    return Letter(
        kind=Kind.REPORT,
        title=title,
        headline=title,
        tone=Tone.BAD if down else Tone.GOOD,
        lead=lead,
        lines=(f"Each was asked directly on {moment(facts.now_unix_seconds, facts.reader.timezone)}.",),
        sections=(Section(title="Hosts", table=table),),
        footer=footer_of(facts.reader, facts.now_unix_seconds),
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


def _row(host: HostState) -> Row:
    values = host.values or _NO_VALUES
    figures = (percent(values.cpu_ratio), percent(values.memory_ratio), load(values.load1))
    times = (length(host.uptime_seconds), length(host.answer_seconds))
    cells = (host.name, "up" if host.is_up else "DOWN", *(_short(text) for text in (*figures, *times)))
    return Row(cells, _why(host) if host.reason or not host.is_up else "")


def _why(host: HostState) -> str:
    return clean(host.reason, _REASON_LIMIT) or f"reason {NOT_KNOWN}"


def _short(figure: str) -> str:
    return "-" if figure == NOT_KNOWN else figure


def _left_out(hosts: list[HostState]) -> str:
    down = sum(not host.is_up for host in hosts)
    return f"and {len(hosts)} more: {down} down, {len(hosts) - down} up" if hosts else ""

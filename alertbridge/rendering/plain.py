"""The mail of last resort: written without templates, for when rendering has failed."""

from datetime import tzinfo
from html import escape

from alertbridge.mail.cleaning import clean
from alertbridge.mail.facts import AlertFacts, HostFacts
from alertbridge.mail.subject import subject_of
from alertbridge.mail.summary_facts import SummaryFacts
from alertbridge.rendering.letters.numbers import moment
from alertbridge.rendering.letters.summary import summary_title
from alertbridge.rendering.renderer import Rendered

# eight hosts, five texts each, and six bytes for the longest escape: within 25,000 bytes
_HOSTS_AT_MOST = 8
_LIMIT = 80
_PAGE = '<!doctype html>\n<html lang="en"><pre style="white-space:pre-wrap">{}</pre></html>\n'


def render_plain(facts: AlertFacts | SummaryFacts) -> Rendered:
    """Return a bare mail: the state, each host, its reason and its times. Any facts will do."""
    if isinstance(facts, AlertFacts):
        title, hosts = facts.title, facts.hosts
    else:
        title, hosts = summary_title(facts), facts.alerts
    subject = subject_of(facts.kind, title)
    left_out = len(hosts) - _HOSTS_AT_MOST
    lines = [
        subject,
        "",
        *(_line(host, facts.reader.timezone) for host in hosts[:_HOSTS_AT_MOST]),
        *([f"and {left_out} more"] if left_out > 0 else []),
        "",
        f"Generated on {moment(facts.now_unix_seconds, facts.reader.timezone)}.",
        f"Incident {clean(facts.incident_id, _LIMIT)}.",
        "This mail is plain because the full one could not be rendered; the bridge's log says why.",
        "",
    ]
    text = "\n".join(lines)
    return Rendered(subject, text, _PAGE.format(escape(text)))


def _line(host: HostFacts, zone: tzinfo) -> str:
    times = (
        ("fired", host.fired_unix_seconds),
        ("last answered", host.since_unix_seconds),
        ("ended", host.ended_unix_seconds),
    )
    moments = [f"{verb} on {moment(time, zone)}" for verb, time in times if time is not None]
    labels = ", ".join(f"{name}={value}" for name, value in host.labels)
    words = [clean(text, _LIMIT) for text in (host.alertname, host.reason, host.summary, labels) if text]
    return f"{clean(host.name, _LIMIT)}: {'; '.join([*words, *moments])}"

"""The headline inside an alert mail: what is the case, in words, by the facts of this mail.

The subject's title stays the same throughout an incident; the headline does not: `web-1 does not answer`,
then `web-1 answers again`.
"""

from collections.abc import Sequence

from alertbridge.alerts.internal import missing_heartbeat
from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.mail.targets import target_words
from alertbridge.rendering.letters.letter import listed
from alertbridge.rendering.letters.numbers import counted, is_time
from alertbridge.rendering.letters.outages import has_never_answered, is_down, share

_SEVERITIES = {Kind.CRITICAL: "critical", Kind.WARN: "warning", Kind.INFO: "info"}
_NAMES_AT_MOST = 3


def headline_of(facts: AlertFacts) -> str:
    """Return what is the case, in a few words and without a full stop."""
    if len(facts.hosts) != 1:
        return _of_many(facts)
    (host,) = facts.hosts
    is_internal = host.about in {About.MONITORING, About.MAIL, About.GROUP}
    return _of_the_bridge(facts.kind, host) if is_internal else _of_one(facts, host)


def _of_one(facts: AlertFacts, host: HostFacts) -> str:
    match facts.kind:
        case Kind.DOWN:
            return f"{host.name} does not answer" if is_down(host) else f"{host.name} was down, answers again"
        case Kind.UP:
            return _of_return(host)
        case Kind.ENDED:
            return f"{host.name} is no longer watched"
        case Kind.OK if host.is_other_target and is_time(host.back_unix_seconds):
            return f"{target_words(host.service, host.name, host.address)} answers again"
        case Kind.OK:
            return f"Resolved: {_what(facts, host)}"
        case kind:
            severity = f" ({_SEVERITIES[kind]})" if kind in _SEVERITIES else ""
            return f"{_what(facts, host)}{severity}"


def _of_return(host: HostFacts) -> str:
    if host.unanswered_unix_seconds is not None:
        return f"{host.name} answered again, but does not now"
    if has_never_answered(host) and is_time(host.back_unix_seconds):
        return f"{host.name} answers for the first time"
    return f"{host.name} answers again"


def _of_many(facts: AlertFacts) -> str:
    gone = [host for host in facts.hosts if host.means_down]
    match facts.kind:
        case Kind.DOWN:
            down = [host for host in gone if is_down(host)]
            if not down:
                return f"{share(gone, gone)} were down, answer again"
            return f"{share(down, gone)} {_do(down, 'does', 'do')} not answer: {_names(down)}"
        case Kind.UP:
            back = [host for host in gone if host.is_over and not host.is_unwatched]
            return f"{share(back, gone)} {_do(back, 'answers', 'answer')} again: {_names(back)}"
        case Kind.ENDED:
            ended = [host for host in gone if host.is_unwatched]
            return f"{share(ended, gone)} {_do(ended, 'is', 'are')} no longer watched: {_names(ended)}"
        case Kind.OK:
            return f"Resolved: {_alerts(facts.hosts)}"
        case kind:
            severity = f" ({_SEVERITIES[kind]})" if kind in _SEVERITIES else ""
            return f"{_alerts(facts.hosts)}{severity}"


def _of_the_bridge(kind: Kind, alert: HostFacts) -> str:
    is_over = kind is Kind.OK
    if alert.about is About.MAIL:
        name = f"{alert.name[:1].upper()}{alert.name[1:]}"
        return f"{name} {'goes through again' if is_over else 'was not delivered'}"
    if alert.about is About.GROUP:
        return f"Alertmanager leaves {'no more alerts' if is_over else 'alerts'} out"
    which = missing_heartbeat(alert.name)
    heartbeat = f"The heartbeat ({which})" if which else "The heartbeat"
    if kind is Kind.ENDED:
        return f"{heartbeat} is no longer watched"
    return f"{heartbeat} is back" if is_over else f"{heartbeat} has stopped: monitoring is blind"


def _what(facts: AlertFacts, host: HostFacts) -> str:
    """Return which host, and what is the matter with it: the title, whole again where it was cut."""
    name, _, what = facts.title.partition(": ")
    if not what:  # the title is that of one that was down
        name, what = host.name, host.summary or host.alertname or "an alert without a name"
    if what == name:
        return what
    if what.endswith("...") and host.summary.startswith(what.removesuffix("...")):
        what = host.summary
    return f"{name}: {what}" if what.endswith("...") else f"{name}: {what}".rstrip(".")


def _do(hosts: Sequence[HostFacts], one: str, many: str) -> str:
    return one if len({host.name for host in hosts}) == 1 else many


def _names(hosts: Sequence[HostFacts]) -> str:
    return listed(list(dict.fromkeys(host.name for host in hosts)), _NAMES_AT_MOST)


def _alerts(alerts: Sequence[HostFacts]) -> str:
    hosts = list(dict.fromkeys(alert.name for alert in alerts if alert.about is About.HOST))
    number = counted(len(alerts), "alert", "alerts")
    return f"{number} on {listed(hosts, _NAMES_AT_MOST)}" if hosts else number

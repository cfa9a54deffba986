"""The letters about the bridge's internal alerts: monitoring is blind, a mail was not delivered."""

from datetime import tzinfo

from alertbridge.alerts.internal import missing_heartbeat
from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.rendering.letters.headline import STATE_WORDS, Lead
from alertbridge.rendering.letters.letter import Section, Step
from alertbridge.rendering.letters.next_steps import ASK_ALL
from alertbridge.rendering.letters.numbers import moment, span

_ALL_FIRING = Step("List all alerts that Alertmanager knows:", "amtool alert query")
_WHAT_BLIND_MEANS = (
    "Prometheus constantly sends one alert, the heartbeat, through Alertmanager to this bridge, to show that "
    "all three work. It has stopped coming. Until it is back, nobody is notified when a host goes down."
)
_WHAT_BLIND_MEANT = (
    "Meanwhile, nobody was notified when a host went down. What is still wrong is reported by separate mails "
    "within minutes; what was wrong only during that time may never be reported."
)
_WHAT_ONE_BLIND_MEANS = (
    "Each Prometheus constantly sends one alert, the heartbeat, through Alertmanager to this bridge, to show "
    "that all three work. This one has stopped coming. Until it is back, nobody is notified when a host goes "
    "down that only this Prometheus watches."
)
_WHAT_FORGOTTEN_MEANS = (
    "It had not come for a week while others did, or its labels or its name are not watched any more. It is "
    "watched again as soon as it comes. Whether its Prometheus works is not known."
)
_WHAT_ONE_BLIND_MEANT = (
    "Meanwhile, nobody was notified when a host went down that only this Prometheus watches. What is still "
    "wrong is reported by separate mails within minutes; what was wrong only during that time may never be "
    "reported."
)
_BLIND_STEPS = (
    Step(
        "On the monitoring server, check what has stopped (outside Debian, the second is alertmanager):",
        "systemctl status prometheus prometheus-alertmanager",
    ),
    ASK_ALL,
    Step("If both run, check the rule of that alert in prometheus.yml and its route in alertmanager.yml."),
)
_WHAT_UNDELIVERED_MEANS = (
    "A mail was rejected permanently, bounced or expired. Its recipient does not know what it said. It is "
    "not sent again by itself; later mails are still tried."
)
_WHAT_UNDELIVERED_MEANT = "The mails that failed meanwhile are kept until somebody retries them."
_UNDELIVERED_STEPS = (
    Step(
        "If the address is wrong, correct it in the bridge's settings and reload them:",
        "systemctl reload marax-alertbridge",
    ),
    Step(
        "If it is right, check whether the mail provider has it on its suppression list (Mailgun: "
        "Suppressions), and remove it from there."
    ),
    Step("Then retry the mails that failed:", "marax-alertbridge outbox retry"),
)
_WHAT_TRUNCATED_MEANS = (
    "This receiver in alertmanager.yml has a `max_alerts`, and the group has more alerts than that. Nobody "
    "is notified of those that are left out."
)
_WHAT_TRUNCATED_MEANT = (
    "Nobody was notified of the alerts that were left out. The latest notification of this group was whole, "
    "or none has left anything out for a day."
)
_TRUNCATED_STEPS = (
    Step(
        "In alertmanager.yml, set `max_alerts: 0` in the `webhook_configs` of this receiver, or remove it "
        "(in Grafana: Max Alerts of the contact point), and reload Alertmanager:",
        "systemctl reload prometheus-alertmanager",
    ),
    _ALL_FIRING,
)
_UNSENT = Step("List the mails that are still unsent:", "marax-alertbridge outbox list")


def internal_lead(facts: AlertFacts) -> Lead:
    """Return how the mail about one internal alert begins."""
    (alert,) = facts.hosts
    if facts.kind is Kind.OK:
        return _over(alert, facts.reader.timezone)
    zone = facts.reader.timezone
    began = moment(alert.fired_unix_seconds, zone)
    if alert.about is About.MAIL:
        return Lead(f"{STATE_WORDS[facts.kind]}: a {alert.name} was not delivered.", (f"Since {began}.",))
    if alert.about is About.GROUP:
        text = f"{STATE_WORDS[facts.kind]}: Alertmanager leaves alerts out ({alert.name})."
        return Lead(text, (f"Since {began}.",))
    no_evaluation = f"No evaluation later than {began} has reached the bridge."
    if facts.kind is Kind.ENDED:
        return Lead(f"{STATE_WORDS[facts.kind]}: the heartbeat from {_source(alert)}.", (no_evaluation,))
    lasts = span(alert.fired_unix_seconds, facts.now_unix_seconds)
    text = f"{STATE_WORDS[facts.kind]} for {lasts}: no heartbeat from {_source(alert)}."
    return Lead(text, (no_evaluation,))


def internal_sections(facts: AlertFacts) -> tuple[Section, ...]:
    """Return what that alert means, and what to do."""
    (alert,) = facts.hosts
    if alert.about is About.MAIL:
        return _undelivered_sections(alert, is_over=facts.kind is Kind.OK)
    if alert.about is About.GROUP:
        return _truncated_sections(alert, is_over=facts.kind is Kind.OK)
    is_one = bool(missing_heartbeat(alert.name))
    if facts.kind is Kind.ENDED:
        return _sections("What this means", _WHAT_FORGOTTEN_MEANS, "", (ASK_ALL,))
    if facts.kind is Kind.OK:
        what = f"Found at that time: {alert.description}" if alert.description else ""
        meant = _WHAT_ONE_BLIND_MEANT if is_one else _WHAT_BLIND_MEANT
        return _sections("What this meant", meant, what, (ASK_ALL,))
    meant = _WHAT_ONE_BLIND_MEANS if is_one else _WHAT_BLIND_MEANS
    return _sections("What this means", meant, alert.description, _BLIND_STEPS)


def _undelivered_sections(alert: HostFacts, *, is_over: bool) -> tuple[Section, ...]:
    if is_over:
        return _sections("What this meant", _WHAT_UNDELIVERED_MEANT, alert.description, (_UNSENT,))
    return _sections("What this means", _WHAT_UNDELIVERED_MEANS, alert.description, _UNDELIVERED_STEPS)


def _truncated_sections(alert: HostFacts, *, is_over: bool) -> tuple[Section, ...]:
    if is_over:
        return _sections("What this meant", _WHAT_TRUNCATED_MEANT, alert.description, (_ALL_FIRING,))
    return _sections("What this means", _WHAT_TRUNCATED_MEANS, alert.description, _TRUNCATED_STEPS)


def _sections(title: str, meant: str, what: str, steps: tuple[Step, ...]) -> tuple[Section, ...]:
    lines = (what, meant) if what else (meant,)
    return Section(title=title, lines=lines), Section(title="What to do next", steps=steps)


def _source(alert: HostFacts) -> str:
    which = missing_heartbeat(alert.name)
    return f"the Prometheus with {which}" if which else "Prometheus and Alertmanager"


def _over(alert: HostFacts, zone: tzinfo) -> Lead:
    lasted = span(alert.fired_unix_seconds, alert.ended_unix_seconds)
    began, ended = moment(alert.fired_unix_seconds, zone), moment(alert.ended_unix_seconds, zone)
    if alert.about is About.MAIL:
        text = f"Resolved after {lasted}: {alert.name} goes through again."
        return Lead(text, (f"It began on {began} and ended on {ended}.",))
    if alert.about is About.GROUP:
        text = f"Resolved after {lasted}: Alertmanager leaves no more alerts out ({alert.name})."
        return Lead(text, (f"It began on {began} and ended on {ended}.",))
    text = f"Resolved after {lasted}: the heartbeat from {_source(alert)} is back."
    return Lead(text, (f"No evaluation between {began} and {ended} reached the bridge.",))

"""The letters about the bridge's internal alerts: monitoring is blind, a mail was not delivered."""

from datetime import tzinfo

from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.rendering.letters.headline import STATE_WORDS, Lead
from alertbridge.rendering.letters.letter import Section, Step
from alertbridge.rendering.letters.next_steps import ASK_ALL
from alertbridge.rendering.letters.numbers import moment, span

_WHAT_BLIND_MEANS = (
    "Prometheus constantly sends one alert, the heartbeat, through Alertmanager to this bridge, to show that "
    "all three work. It has stopped coming. Until it is back, nobody is notified when a host goes down."
)
_WHAT_BLIND_MEANT = (
    "Meanwhile, nobody was notified when a host went down. What is still wrong is reported by separate mails "
    "within minutes; what was wrong only during that time may never be reported."
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
_UNSENT = Step("List the mails that are still unsent:", "marax-alertbridge outbox list")


def internal_lead(facts: AlertFacts) -> Lead:
    """Return how the mail about one internal alert begins."""
    (alert,) = facts.hosts
    if facts.kind is Kind.OK:
        return _over(alert, facts.reader.timezone)
    began = moment(alert.fired_unix_seconds, facts.reader.timezone)
    if alert.about is About.MAIL:
        return Lead(f"{STATE_WORDS[facts.kind]}: a {alert.name} was not delivered.", (f"Since {began}.",))
    lasts = span(alert.fired_unix_seconds, facts.now_unix_seconds)
    text = f"{STATE_WORDS[facts.kind]} for {lasts}: no heartbeat from Prometheus and Alertmanager."
    return Lead(text, (f"The last heartbeat came on {began}.",))


def internal_sections(facts: AlertFacts) -> tuple[Section, ...]:
    """Return what that alert means, and what to do."""
    (alert,) = facts.hosts
    is_mail, is_over = alert.about is About.MAIL, facts.kind is Kind.OK
    if is_over:
        meant = _WHAT_UNDELIVERED_MEANT if is_mail else _WHAT_BLIND_MEANT
        what = alert.description if is_mail else f"While it lasted: {alert.description}"
        steps: tuple[Step, ...] = (_UNSENT if is_mail else ASK_ALL,)
    else:
        meant = _WHAT_UNDELIVERED_MEANS if is_mail else _WHAT_BLIND_MEANS
        what = alert.description
        steps = _UNDELIVERED_STEPS if is_mail else _BLIND_STEPS
    lines = (what, meant) if alert.description else (meant,)
    title = "What this meant" if is_over else "What this means"
    return Section(title=title, lines=lines), Section(title="What to do next", steps=steps)


def _over(alert: HostFacts, zone: tzinfo) -> Lead:
    lasted = span(alert.fired_unix_seconds, alert.ended_unix_seconds)
    began, ended = moment(alert.fired_unix_seconds, zone), moment(alert.ended_unix_seconds, zone)
    if alert.about is About.MAIL:
        text = f"Resolved after {lasted}: {alert.name} goes through again."
        return Lead(text, (f"It began on {began} and ended on {ended}.",))
    text = f"Resolved after {lasted}: the heartbeat from Prometheus and Alertmanager is back."
    return Lead(text, (f"The last heartbeat before came on {began}, the next on {ended}.",))

"""What the bridge says of its own troubles, none of a host: monitoring is blind, a mail did not arrive."""

from datetime import tzinfo

from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind
from alertbridge.rendering.letters.headline import STATE_WORDS, Lead
from alertbridge.rendering.letters.letter import Section, Step
from alertbridge.rendering.letters.next_steps import ASK_ALL
from alertbridge.rendering.letters.numbers import moment, span

_WHAT_BLIND_MEANS = (
    "Prometheus sends one alert all the time, through Alertmanager to this bridge, to show that all three "
    "work. It has stopped coming. Until it is back, nobody is told of a dead host."
)
_WHAT_BLIND_MEANT = (
    "In between, nobody was told of a dead host. What is still wrong is told by mails of its own, within "
    "minutes; what was wrong for that time only may never be told."
)
_BLIND_STEPS = (
    Step(
        "On the monitoring server, see what has stopped (outside Debian the second is called alertmanager):",
        "systemctl status prometheus prometheus-alertmanager",
    ),
    ASK_ALL,
    Step("If both run, look at the rule of that alert in prometheus.yml and its route in alertmanager.yml."),
)
_WHAT_UNDELIVERED_MEANS = (
    "A mail was refused for good, came back, or had waited too long. Whoever it was for does not know what "
    "it said. It is not sent again by itself; later mails are still tried."
)
_WHAT_UNDELIVERED_MEANT = "What was given up meanwhile is kept, until somebody has it tried again."
_UNDELIVERED_STEPS = (
    Step(
        "If the address is wrong, correct it in the bridge's settings and have them read again:",
        "systemctl reload marax-alertbridge",
    ),
    Step(
        "If it is right, see whether the mail service has it on a list of addresses that it serves no more "
        "(Mailgun: Suppressions), and take it off."
    ),
    Step("Then have what was given up tried again:", "marax-alertbridge outbox retry"),
)
_KEPT_BACK = Step("See what is still kept back:", "marax-alertbridge outbox list")


def own_lead(facts: AlertFacts) -> Lead:
    """Return how a mail begins that is about one trouble of the bridge's own."""
    (trouble,) = facts.hosts
    if facts.kind is Kind.OK:
        return _over(trouble, facts.reader.timezone)
    began = moment(trouble.fired_unix_seconds, facts.reader.timezone)
    if trouble.about is About.MAIL:
        return Lead(f"{STATE_WORDS[facts.kind]}: a {trouble.name} was not delivered.", (f"Since {began}.",))
    lasts = span(trouble.fired_unix_seconds, facts.now_unix_seconds)
    text = f"{STATE_WORDS[facts.kind]} for {lasts}: no sign of life from Prometheus and Alertmanager."
    return Lead(text, (f"The last came on {began}.",))


def own_sections(facts: AlertFacts) -> tuple[Section, ...]:
    """Return what that trouble means, and what to do."""
    (trouble,) = facts.hosts
    is_mail, is_over = trouble.about is About.MAIL, facts.kind is Kind.OK
    if is_over:
        meant = _WHAT_UNDELIVERED_MEANT if is_mail else _WHAT_BLIND_MEANT
        told = trouble.description if is_mail else f"While it lasted: {trouble.description}"
        steps: tuple[Step, ...] = (_KEPT_BACK if is_mail else ASK_ALL,)
    else:
        meant = _WHAT_UNDELIVERED_MEANS if is_mail else _WHAT_BLIND_MEANS
        told = trouble.description
        steps = _UNDELIVERED_STEPS if is_mail else _BLIND_STEPS
    lines = (told, meant) if trouble.description else (meant,)
    title = "What it meant" if is_over else "What it means"
    return Section(title=title, lines=lines), Section(title="What to do next", steps=steps)


def _over(trouble: HostFacts, zone: tzinfo) -> Lead:
    lasted = span(trouble.fired_unix_seconds, trouble.ended_unix_seconds)
    began, ended = moment(trouble.fired_unix_seconds, zone), moment(trouble.ended_unix_seconds, zone)
    if trouble.about is About.MAIL:
        text = f"Over after {lasted}: {trouble.name} goes through again."
        return Lead(text, (f"It began on {began} and ended on {ended}.",))
    text = f"Over after {lasted}: Prometheus and Alertmanager give signs of life again."
    return Lead(text, (f"The last before had come on {began}; the next came on {ended}.",))

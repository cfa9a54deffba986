"""Facts of the bridge's internal alerts, as it raises and ends them."""

from collections.abc import Mapping
from dataclasses import replace

from alertbridge.mail.facts import About, AlertFacts, HostFacts, Kind, Reader
from alertbridge.mail.subject import title_of

_SILENT_SECONDS = 300.0
_LASTED_SECONDS = 1320.0

_BLIND = HostFacts(
    name="monitoring",
    address="",
    is_over=False,
    alertname="MaraxBlind",
    severity="critical",
    summary="no sign of life",
    description="Prometheus answers; Alertmanager does not, at 127.0.0.1:9093.",
    runbook_url="",
    fired_unix_seconds=0.0,
    means_down=False,
    about=About.MONITORING,
)
_ONE_BLIND = replace(
    _BLIND,
    name="monitoring (site=paris)",
    description="Other heartbeats still come (site=berlin): check the Prometheus with site=paris, and the"
    " path from there through Alertmanager.",
)
_SUSPENDED = replace(
    _BLIND,
    description="This bridge itself did not run for 21 min 10 s: its machine was suspended, or its process"
    " was stopped.",
)
_UNDELIVERED = replace(
    _BLIND,
    name="mail for bob",
    alertname="MaraxMailUndeliverable",
    severity="warning",
    summary="not delivered",
    description="The mail service said: 550 5.1.1 no such mailbox here",
    about=About.MAIL,
)
_TRUNCATED = replace(
    _BLIND,
    name="receiver marax",
    alertname="MaraxAlertsTruncated",
    severity="warning",
    summary="alerts left out",
    description='150 alerts were left out of a notification of the group {}:{alertname="HighCpu"}.',
    about=About.GROUP,
)


def sample_troubles(reader: Reader, began_unix_seconds: float) -> Mapping[str, AlertFacts]:
    """Return facts of mails about each, as it begins and as it ends."""
    everybody = replace(reader, reason_for_mail="it concerns everyone who is notified of critical alerts")
    admin = replace(reader, reason_for_mail="you are an admin")
    return {
        "blind": _facts_of(Kind.BLIND, _BLIND, everybody, began_unix_seconds),
        "blind-over": _facts_of(Kind.OK, _BLIND, everybody, began_unix_seconds),
        "blind-one": _facts_of(Kind.BLIND, _ONE_BLIND, everybody, began_unix_seconds),
        "blind-one-over": _facts_of(Kind.OK, _ONE_BLIND, everybody, began_unix_seconds),
        "blind-one-ended": _facts_of(Kind.ENDED, _ONE_BLIND, everybody, began_unix_seconds),
        "blind-suspended": _facts_of(Kind.OK, _SUSPENDED, everybody, began_unix_seconds),
        "undelivered": _facts_of(Kind.WARN, _UNDELIVERED, admin, began_unix_seconds),
        "undelivered-over": _facts_of(Kind.OK, _UNDELIVERED, admin, began_unix_seconds),
        "truncated": _facts_of(Kind.WARN, _TRUNCATED, admin, began_unix_seconds),
        "truncated-over": _facts_of(Kind.OK, _TRUNCATED, admin, began_unix_seconds),
    }


def _facts_of(kind: Kind, trouble: HostFacts, reader: Reader, began: float) -> AlertFacts:
    is_over = kind in {Kind.OK, Kind.ENDED}
    return AlertFacts(
        kind=kind,
        title=title_of([trouble.name], trouble.summary),
        incident_id="k3f9q2",
        hosts=(
            replace(
                trouble,
                is_over=is_over,
                is_unwatched=kind is Kind.ENDED,
                fired_unix_seconds=began,
                ended_unix_seconds=began + _LASTED_SECONDS if is_over else None,
            ),
        ),
        reader=reader,
        now_unix_seconds=began + (_LASTED_SECONDS if is_over else _SILENT_SECONDS) + 1,
    )

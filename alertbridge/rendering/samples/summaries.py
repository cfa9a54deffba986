"""Facts of a digest after a bad night, and of a reminder."""

from collections.abc import Mapping
from dataclasses import replace

from alertbridge.mail.facts import HostFacts, Kind, Reader
from alertbridge.mail.host_facts import OutageDetails
from alertbridge.mail.summary_facts import SummaryFacts

_HOUR = 3600.0
_NIGHT_SECONDS = 9 * _HOUR
_NOTICED_SECONDS = 78.0  # a host goes down so long before its alert fires
_KEPT_SECONDS = 130.0  # and is back so long before that ends
_FLAPS = OutageDetails(times_gone=3, longest_seconds=105)
# Of each alert: its host, name and severity, what it says, and from when to when, in hours of the night
_NIGHT = (
    ("web-1", "HighCpu", "warning", "CPU above 90 % for 15 minutes.", 0.4, 0.9),
    ("web-2", "HighCpu", "warning", "CPU above 90 % for 15 minutes.", 0.5, None),
    ("db-1", "HighMemory", "warning", "RAM above 85 %.", 1.2, 2.1),
    ("app-3", "SlowScrape", "info", "scrapes take more than 3 s.", 2.6, 2.75),
    ("app-3", "HostDown", "critical", "host not answering", 3.6, 3.7),
    ("app-7", "Flapping", "info", "came and went 6 times in an hour.", 5.1, None),
    ("web-1", "HighCpu", "warning", "CPU above 90 % for 15 minutes.", 6.8, 7.4),
)


def sample_summaries(reader: Reader, like: HostFacts, now_unix_seconds: float) -> Mapping[str, SummaryFacts]:
    """Return facts of each; alerts are *like* that one in what does not matter here."""
    dusk = now_unix_seconds - _NIGHT_SECONDS
    because = "you watch web-*, db-* and app-* for all alerts"
    news = tuple(
        replace(
            like,
            name=host,
            address=f"{host}.example.org:9877",
            alertname=name,
            severity=severity,
            summary=summary,
            is_over=hours_to is not None,
            fired_unix_seconds=dusk + hours_from * _HOUR,
            ended_unix_seconds=None if hours_to is None else dusk + hours_to * _HOUR,
            is_end_reconciled=host == "db-1",
            means_down=name == "HostDown",
            since_unix_seconds=dusk + hours_from * _HOUR - _NOTICED_SECONDS,
            back_unix_seconds=None if hours_to is None else dusk + hours_to * _HOUR - _KEPT_SECONDS,
            outage=_FLAPS if name == "HostDown" else OutageDetails(),
        )
        for host, name, severity, summary, hours_from, hours_to in _NIGHT
    )
    down = replace(
        news[0],
        name="db-2",
        alertname="HostDown",
        severity="critical",
        is_over=False,
        fired_unix_seconds=now_unix_seconds - 50 * _HOUR,
        since_unix_seconds=now_unix_seconds - 50 * _HOUR - _NOTICED_SECONDS,
        ended_unix_seconds=None,
        back_unix_seconds=None,
        means_down=True,
    )
    digest = SummaryFacts(
        kind=Kind.DIGEST,
        incident_id="m7t2xw9",
        news=news,
        already_reported=(down,),
        reader=replace(reader, reason_for_mail=f"{because}; it was held until the end of your quiet hours"),
        now_unix_seconds=now_unix_seconds,
    )
    firing = tuple(alert for alert in news if not alert.is_over)
    return {
        "digest": digest,
        "digest-over": replace(digest, news=news[:1] + news[2:5], already_reported=()),
        "reminder": replace(
            digest,
            kind=Kind.REMINDER,
            news=(),
            already_reported=(*firing, down),
            reader=replace(reader, reason_for_mail=f"{because}, and want a reminder every 1 d"),
            now_unix_seconds=now_unix_seconds + 8 * _HOUR,
        ),
    }

"""What a mail about many incidents is made from."""

from dataclasses import dataclass

from alertbridge.mail.facts import HostFacts, Kind, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryFacts:
    """All that a digest or a reminder says.

    Attributes:
        kind: Which of the two.
        incident_id: Short and unique; that of the mail, as it is of no incident alone.
        news: What was not reported to the reader before; empty in a reminder.
        already_reported: What still fires of what was reported before; often empty in a digest.
        reader: Who it is for.
        now_unix_seconds: The moment of rendering.
        missing: What is not available and why, one sentence each.
        mails_per_hour: The limit of mails that held the news back; None when quiet hours did.
    """

    kind: Kind
    incident_id: str
    news: tuple[HostFacts, ...]
    already_reported: tuple[HostFacts, ...]
    reader: Reader
    now_unix_seconds: float
    missing: tuple[str, ...] = ()
    mails_per_hour: int | None = None

    @property
    def alerts(self) -> tuple[HostFacts, ...]:
        """All of them, the worst that still fires first."""
        return worst_first(self.news + self.already_reported)


def worst_first(alerts: tuple[HostFacts, ...]) -> tuple[HostFacts, ...]:
    """Return *alerts* in the order of reading: what still fires, the worst first, then what is resolved."""
    return tuple(sorted(alerts, key=_urgency))


def _urgency(alert: HostFacts) -> tuple[bool, int, float]:
    severities = ("critical", "warning", "info")
    rank = severities.index(alert.severity) if alert.severity in severities else len(severities)
    return alert.is_over, 0 if alert.is_over else rank, alert.fired_unix_seconds

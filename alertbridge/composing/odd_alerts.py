"""What a mail says of alerts that had something wrong with them as they were received; pure."""

from collections.abc import Sequence

from alertbridge.alerts.alert import REMARK_ANNOTATION, Alert
from alertbridge.outbox.reported import ReportedEpisode

_AT_MOST = 4


def odd_remarks(reported: Sequence[ReportedEpisode]) -> tuple[str, ...]:
    """Return what was wrong with each alert, in sentences, with its name where there are several."""
    alerts = [one.episode.alert for one in reported]
    texts = {_name(alert): text for alert in alerts if (text := alert.annotations.get(REMARK_ANNOTATION))}
    if len(alerts) == 1:
        return tuple(line for text in texts.values() for line in text.splitlines())
    remarks = [f"{name}: {' '.join(text.splitlines())}" for name, text in texts.items()]
    more = (f"And {len(remarks) - _AT_MOST} more such remarks.",) if len(remarks) > _AT_MOST else ()
    return (*remarks[:_AT_MOST], *more)


def _name(alert: Alert) -> str:
    labels = alert.labels
    return (
        labels.get("host") or labels.get("instance") or labels.get("alertname") or "an alert without a name"
    )

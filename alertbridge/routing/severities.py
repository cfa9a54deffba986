"""How bad an alert is, by the word in its label `severity`, whatever rule set it is of: pure.

The words are those of Prometheus' mixins, syslog (RFC 5424), Zabbix, Grafana, PagerDuty and Opsgenie (P1 to
P5) and X.733. `docs/alertbridge.md` has the same table.
"""

from collections.abc import Mapping

from alertbridge.alerts.alert import Alert
from alertbridge.routing.users import Severity

_WORDS: Mapping[Severity, str] = {
    "critical": "critical crit error err alert emergency emerg panic page pager fatal disaster high major"
    " severe urgent p0 p1 p2 s1 s2 sev0 sev1 sev2",
    "warning": "warning warn average medium moderate minor ticket notify p3 s3 sev3",
    "info": "info information informational notice low debug notclassified none p4 p5 s4 sev4 sev5",
}
KNOWN_SEVERITIES: Mapping[str, Severity] = {
    word: severity for severity, words in _WORDS.items() for word in words.split()
}

_NEVER_MAILED = frozenset({"InfoInhibitor"})  # of kube-prometheus: it fires to inhibit others in Alertmanager
_LONGEST_WORD = 40
_NOT_OF_WORDS = str.maketrans("", "", " -_")


def severity_of(alert: Alert) -> Severity:
    """Return how bad *alert* is; an unknown or missing severity counts as a warning."""
    return KNOWN_SEVERITIES.get(_word_of(alert), "warning")


def unknown_severity(alert: Alert) -> str:
    """Return the severity of *alert* as it is written, where it is not known; else, or without one, empty."""
    word = _word_of(alert)
    return alert.labels.get("severity", "") if word and word not in KNOWN_SEVERITIES else ""


def is_never_mailed(alert: Alert) -> bool:
    """Return whether *alert* is not meant for people: `severity: none`, or one that only inhibits others."""
    return _word_of(alert) == "none" or alert.labels.get("alertname") in _NEVER_MAILED


def _word_of(alert: Alert) -> str:
    """Return the severity in lower case, `SEV-1` as `sev1`."""
    return alert.labels.get("severity", "")[:_LONGEST_WORD].lower().translate(_NOT_OF_WORDS)

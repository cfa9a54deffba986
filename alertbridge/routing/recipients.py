"""Who is notified of an alert, as what, and how soon: pure decisions over settings."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import translate
from functools import lru_cache

from alertbridge.alerts.alert import Alert
from alertbridge.alerts.internal import (
    ADMINS,
    AUDIENCE_LABEL,
    BLIND_LABEL,
    UNDELIVERABLE,
    missing_heartbeat,
    undeliverable_user,
)
from alertbridge.alerts.own import blocks_itself
from alertbridge.mail.facts import Kind
from alertbridge.mail.subject import listed_title, title_of
from alertbridge.mail.targets import target_words
from alertbridge.routing.alert_host import KnownHosts, host_of
from alertbridge.routing.limits import LimitSettings
from alertbridge.routing.severities import severity_of, unknown_severity
from alertbridge.routing.users import Severity, UserSettings

_KIND_OF_SEVERITY: dict[Severity, Kind] = {
    "critical": Kind.CRITICAL,
    "warning": Kind.WARN,
    "info": Kind.INFO,
}


class Priority(IntEnum):
    """Which notice goes first; the smaller the sooner."""

    DOWN = -1
    CRITICAL = 0
    CRITICAL_OVER = 1
    OTHER = 2
    DIGEST = 3
    REMINDER = 4

    @property
    def is_critical(self) -> bool:
        """Whether there is something critical that goes on."""
        return self <= Priority.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What an alert is, by the settings.

    Attributes:
        host: The name of the host that it is about; empty when it is about no single one.
        severity: How bad it is.
        unknown_severity: Its own word for that, where it is not known; else empty.
        kind: What a mail about it is called.
        means_down: Whether it says that a host in the settings does not answer.
        is_of_target: Whether it says that a target does not answer, be it such a host or another.
        is_in_hosts: Whether it names the address of a host in the settings.
    """

    host: str
    severity: Severity
    kind: Kind
    means_down: bool
    is_of_target: bool
    is_in_hosts: bool
    unknown_severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The settings that decide who is notified.

    Attributes:
        users: The people.
        hosts: The hosts in the settings.
        down_alerts: Names of the alerts that mean that a target does not answer.
        storm_hosts: More new episodes of one alert than this within the window make one mail.
        storm_window_seconds: That window, and the shortest time between two mails of one storm.
        limits: How many mails each user gets.
    """

    users: tuple[UserSettings, ...]
    hosts: KnownHosts
    down_alerts: tuple[str, ...]
    storm_hosts: int
    storm_window_seconds: float
    limits: LimitSettings = field(default_factory=LimitSettings)

    def host_of(self, alert: Alert) -> str:
        """Return the name of the host that *alert* is about; empty when it is about no single one."""
        return host_of(alert.labels, self.hosts)

    def is_of_target(self, alert: Alert) -> bool:
        """Return whether *alert* says that the target does not answer which it names, a host or another."""
        is_named = bool(alert.labels.get("instance"))
        return is_named and alert.labels.get("alertname") in self.down_alerts

    def is_in_hosts(self, alert: Alert) -> bool:
        """Return whether *alert* names the address of a host in the settings."""
        return alert.labels.get("instance", "") in self.hosts.names_by_address

    def means_down(self, alert: Alert) -> bool:
        """Return whether *alert* says that a host in the settings does not answer: [DOWN] and [UP].

        One that is not watched any more may have been removed from them for that reason.
        """
        return self.is_of_target(alert) and (self.is_in_hosts(alert) or alert.is_unwatched)

    def kind_of(self, alert: Alert, *, is_over: bool) -> Kind:
        """Return what a mail about *alert* is called."""
        if is_over and alert.is_unwatched:
            return Kind.ENDED
        if self.means_down(alert):
            return Kind.UP if is_over else Kind.DOWN
        if BLIND_LABEL in alert.labels:
            return Kind.OK if is_over else Kind.BLIND
        return Kind.OK if is_over else _KIND_OF_SEVERITY[severity_of(alert)]

    def classify(self, alerts: Iterable[tuple[Alert, bool]]) -> tuple[Classified, ...]:
        """Return what each of *alerts* is, given with it whether it is over."""
        return tuple(
            Classified(
                host=self.host_of(alert),
                severity=severity_of(alert),
                kind=self.kind_of(alert, is_over=is_over),
                means_down=self.means_down(alert),
                is_of_target=self.is_of_target(alert),
                is_in_hosts=self.is_in_hosts(alert),
                unknown_severity=unknown_severity(alert),
            )
            for alert, is_over in alerts
        )

    def what_of(self, alert: Alert) -> str:
        """Return what is the matter, in a few words; empty where a host is down, as the state says that."""
        if self.is_of_target(alert):
            return "" if self.is_in_hosts(alert) else "not answering"
        return alert.annotations.get("summary") or alert.labels.get("alertname") or "alert"

    def title_of(self, alerts: Sequence[Alert]) -> str:
        """Return what follows the brackets in the subject of every mail about an incident of *alerts*."""
        if len(alerts) > 1 and all(alert.labels.get("alertname") == UNDELIVERABLE for alert in alerts):
            return listed_title("mail not delivered", [undeliverable_user(alert) for alert in alerts])
        if len(alerts) > 1 and all(BLIND_LABEL in alert.labels for alert in alerts):
            return listed_title("no sign of life", [missing_heartbeat(self.host_of(one)) for one in alerts])
        names = list(dict.fromkeys(map(self._name_of, alerts)))
        if len(names) > 1 and any(map(self._is_other_target, alerts)):
            return listed_title(f"{len(names)} targets", names)
        what = self.what_of(alerts[0])
        return title_of(names, "" if names == [what] else what)

    def _name_of(self, alert: Alert) -> str:
        """Return what *alert* is about, as a title names it."""
        host = self.host_of(alert)
        if self._is_other_target(alert):
            return target_words(alert.labels.get("job", ""), host, alert.labels["instance"])
        return host or alert.labels.get("alertname", "")

    def _is_other_target(self, alert: Alert) -> bool:
        return self.is_of_target(alert) and not self.is_in_hosts(alert)

    def priority_of(self, alert: Alert, *, is_over: bool) -> Priority:
        """Return how soon news of *alert* goes out."""
        if urgency_of(alert) != "critical":
            return Priority.OTHER
        if is_over:
            return Priority.CRITICAL_OVER
        return Priority.DOWN if self.means_down(alert) else Priority.CRITICAL

    def user(self, name: str) -> UserSettings | None:
        """Return the user of that *name*; None when the settings have none."""
        return next((user for user in self.users if user.name == name), None)

    def is_recipient(self, user: UserSettings, alert: Alert) -> bool:
        """Return whether *user* is notified of *alert*."""
        return user in self.recipients(alert)

    def recipients(self, alert: Alert) -> tuple[UserSettings, ...]:
        """Return those who are notified of *alert*: whose filters match, or the admins where nobody's do."""
        if alert.labels.get(AUDIENCE_LABEL) == ADMINS:
            return self.admins
        return tuple(self._whose_filters_match(alert)) or self.admins

    def is_unrouted(self, alert: Alert) -> bool:
        """Return whether nobody's filters match *alert*; the admins are notified of it instead."""
        return AUDIENCE_LABEL not in alert.labels and next(self._whose_filters_match(alert), None) is None

    @property
    def admins(self) -> tuple[UserSettings, ...]:
        """Those users who are admins."""
        return tuple(user for user in self.users if user.is_admin)

    def _whose_filters_match(self, alert: Alert) -> Iterator[UserSettings]:
        """Yield those who want to know of *alert*; one about no single host concerns everybody."""
        severity, host = severity_of(alert), "" if BLIND_LABEL in alert.labels else self.host_of(alert)
        for user in self.users:
            if (not user.severities or severity in user.severities) and (not host or watches(user, host)):
                yield user


def watches(user: UserSettings, host: str) -> bool:
    """Return whether *user* wants to know of the host of that name."""
    return not user.hosts or _host_pattern(user.hosts).match(host) is not None


@lru_cache(maxsize=1024)
def _host_pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs))


def urgency_of(alert: Alert) -> Severity:
    """Return how much news of *alert* may disturb: less than its severity where it is over by then."""
    severity = severity_of(alert)
    return "warning" if severity == "critical" and blocks_itself(alert) else severity

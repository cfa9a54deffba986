"""What a mail is made from: plain values, all of them from outside and none of them trusted."""

from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum

from alertbridge.mail.fleet_facts import FleetOutage
from alertbridge.mail.host_facts import (
    History,
    HostState,
    LastDay,
    LastValues,
    OutageDetails,
    ProcessFact,
)


class Kind(StrEnum):
    """What a mail says; its value stands in the subject's brackets."""

    DOWN = "DOWN"
    UP = "UP"
    CRITICAL = "CRITICAL"
    WARN = "WARN"
    INFO = "INFO"
    OK = "OK"
    ENDED = "ENDED"
    BLIND = "BLIND"
    TEST = "TEST"
    REPORT = "REPORT"
    DIGEST = "DIGEST"
    REMINDER = "REMINDER"


class About(StrEnum):
    """What sort of thing an alert is about."""

    HOST = "host"
    FLEET = "fleet"
    MONITORING = "monitoring"
    MAIL = "mail"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """One host, or other subject of an alert, within a mail.

    Attributes:
        name: The host's name, as people know it.
        address: Where it is scraped; may be empty.
        is_over: Whether this alert has ended.
        alertname: The alert's name.
        severity: How bad the alert is; may be empty.
        unknown_severity: The alert's own word for that, where marax does not know it; else empty.
        summary: The alert's own summary; may be empty.
        description: The alert's own description; may be empty, or have several lines.
        runbook_url: The alert's runbook; may be empty.
        graph_url: The graph of the alert's rule; nothing but a web link counts.
        labels: The alert's labels, as name and value, by name.
        annotations: Its annotations beside those three, as name and text; the text may have several lines.
        fired_unix_seconds: When the alert fired; for a dead host that is later than its death.
        since_unix_seconds: The last scrape that the host answered, or None when that is not known.
        ended_unix_seconds: When the alert ended; None while it fires.
        back_unix_seconds: The first scrape that it answered again, or None when that is not known; the alert
            ends later than that, by its `keep_firing_for`.
        outage: What else its scrapes say of the outage.
        unanswered_unix_seconds: The newest scrape, where the host was back and does not answer it; else None.
        reason: What the scrape ran into, in Prometheus' words; empty when not known.
        last_values: Its last known values; None when there are none.
        top_processes: Those that used most CPU or memory at its last answered scrape, largest first.
        has_rebooted: Whether the machine rebooted while it was down; None when not known.
        history: How busy it was in the last hour; None when that is not known.
        last_day: How well it answered; None when that is not known, or is not what the alert is about.
        means_down: Whether the alert says that the host does not answer; counts where DOWN and UP mails about
            several hosts tell another alert as well.
        is_in_hosts: Whether it is one of the hosts in the settings, which marax-exporter runs on.
        is_other_target: Whether the alert says that a target does not answer which is none of these.
        service: The job of the target that the alert is about; may be empty.
        about: A host, most hosts of a job, or what the bridge itself raises alerts about.
        is_end_reconciled: Whether Alertmanager sent no `resolved`, and the end was found in Prometheus.
        is_unwatched: Whether Prometheus stopped scraping it before it answered again.
        watched_as: The name under which its address is scraped now; empty when it is not.
        is_correction: Whether an earlier mail has reported an end that was wrong.
    """

    name: str
    address: str
    is_over: bool
    alertname: str
    severity: str
    summary: str
    description: str
    runbook_url: str
    graph_url: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    fired_unix_seconds: float
    since_unix_seconds: float | None = None
    ended_unix_seconds: float | None = None
    back_unix_seconds: float | None = None
    outage: OutageDetails = field(default_factory=OutageDetails)
    unanswered_unix_seconds: float | None = None
    reason: str = ""
    last_values: LastValues | None = None
    top_processes: tuple[ProcessFact, ...] = ()
    has_rebooted: bool | None = None
    history: History | None = None
    last_day: LastDay | None = None
    means_down: bool = True
    is_in_hosts: bool = True
    is_other_target: bool = False
    service: str = ""
    about: About = About.HOST
    is_end_reconciled: bool = False
    is_correction: bool = False
    is_unwatched: bool = False
    watched_as: str = ""
    unknown_severity: str = ""

    @property
    def is_outage(self) -> bool:
        """Whether the alert says that something does not answer: the host, or another target."""
        return self.means_down or self.is_other_target


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFacts:
    """The hosts that this user watches: how many answer, and the names of those that do not."""

    up: int
    total: int
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The person who will read the mail.

    Attributes:
        name: As in the settings.
        address: Their mail address.
        timezone: For every time in the mail, beside UTC.
        reason_for_mail: Why they get it, as half a sentence: `you watch web-* for critical alerts`.
    """

    name: str
    address: str
    timezone: tzinfo
    reason_for_mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """All that an alert mail says.

    Attributes:
        kind: The state in brackets.
        title: What follows the subject's brackets; the same in every mail of one incident.
        incident_id: Short and unique.
        hosts: Those the mail is about, at least one.
        reader: Who it is for.
        now_unix_seconds: The moment of rendering.
        due_unix_seconds: Since when this mail is due, which may be long ago; None when that is not known.
        fleet: The rest of the fleet; None when Prometheus could not be asked.
        missing: What is not available and why, one sentence each.
        remarks: What the reader should know of how this mail came about, one sentence each; they stand under
            the state.
        fleet_outages: Which hosts were down under each alert about most of them, of those that the reader
            watches; none where that is not known.
    """

    kind: Kind
    title: str
    incident_id: str
    hosts: tuple[HostFacts, ...]
    reader: Reader
    now_unix_seconds: float
    due_unix_seconds: float | None = None
    fleet: FleetFacts | None = None
    missing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    fleet_outages: tuple[FleetOutage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """All that a report mail says: the state of every host that its reader may see."""

    hosts: tuple[HostState, ...]
    reader: Reader
    now_unix_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestFacts:
    """All that a test mail says.

    Attributes:
        reader: Who asked for it, or whom it was sent to.
        server: The machine that sent it.
        config_file: The settings that it was sent with.
        now_unix_seconds: The moment of rendering.
    """

    reader: Reader
    server: str
    config_file: str
    now_unix_seconds: float

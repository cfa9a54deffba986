"""What Prometheus may know about the hosts of a mail beyond their alerts, and who looks it up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from alertbridge.mail.facts import FleetFacts
from alertbridge.mail.fleet_facts import FleetOutage
from alertbridge.mail.host_facts import History, LastDay, LastValues, OutageDetails, ProcessFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A host, as an alert knows it.

    Attributes:
        instance: The alert's label `instance`; empty when it has none, and then nothing is looked up.
        job: The alert's label `job`; empty when it has none.
        fired_unix_seconds: When the alert fired.
        ended_unix_seconds: When it ended; None while it fires.
        is_brief: Whether nothing but the times of its outage is wanted, as in a list of many alerts.
        is_fleet: Whether the alert is about most hosts of its job.
    """

    instance: str
    job: str = ""
    fired_unix_seconds: float
    ended_unix_seconds: float | None = None
    is_brief: bool = False
    is_fleet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestScrape:
    """The newest scrape of a host.

    Attributes:
        unix_seconds: When it was.
        is_answered: Whether it was answered.
        since_unix_seconds: The first of the scrapes up to it that all went the same way; None when none is
            known that went otherwise.
    """

    unix_seconds: float
    is_answered: bool
    since_unix_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFindings:
    """What is known about one host.

    Attributes:
        reason: What the newest scrape ran into, in Prometheus' words; empty when it was answered.
        since_unix_seconds: The last scrape that it answered before it died; None when it was there as the
            alert fired, or that is not known.
        back_unix_seconds: The first scrape that it answered again; None when it has not, or when that is not
            known.
        outage: What else its scrapes say of the outage.
        last_values: Those before it went down; once its alert has ended, those of its newest answer.
        top_processes: Those of the same minute, most CPU first.
        has_rebooted: Whether it rebooted while it was down; None when it is not back, or that is not known.
        history: Its last hour, up to now; None for one of many hosts, or when that is not known.
        last_day: The same of its last 24 hours.
        newest: Its newest scrape, whatever became of its alert; None when that is not known.
    """

    reason: str = ""
    since_unix_seconds: float | None = None
    back_unix_seconds: float | None = None
    outage: OutageDetails = field(default_factory=OutageDetails)
    last_values: LastValues | None = None
    top_processes: tuple[ProcessFact, ...] = ()
    has_rebooted: bool | None = None
    history: History | None = None
    last_day: LastDay | None = None
    newest: NewestScrape | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found.

    Attributes:
        hosts: By subject; one for each that has an instance.
        is_up_by_host: All hosts of the subjects' jobs, by the label `host`, or where that lacks by instance;
            None when that is not known.
        missing: What is not available and why, one sentence each.
        fleet_outages: Which hosts were down, for each subject that is a fleet and of which that is known.
        disputed: The instances that answer one Prometheus, but not another.
        answering_ratio_by_job: The share of a job's hosts that answered their newest scrape of the last two
            minutes; only of jobs whose alerts are about no single host.
    """

    hosts: Mapping[Subject, HostFindings]
    is_up_by_host: Mapping[str, bool] | None = None
    missing: tuple[str, ...] = ()
    fleet_outages: Mapping[Subject, FleetOutage] = field(default_factory=dict)
    disputed: frozenset[str] = frozenset()
    answering_ratio_by_job: Mapping[str, float] = field(default_factory=dict)

    def fleet(self, is_recipient: Callable[[str], bool]) -> FleetFacts | None:
        """Return the state of those hosts whose names *is_recipient* takes; None when it is not known."""
        if self.is_up_by_host is None:
            return None
        seen = {host: is_up for host, is_up in sorted(self.is_up_by_host.items()) if is_recipient(host)}
        down = tuple(host for host, is_up in seen.items() if not is_up)
        return FleetFacts(up=len(seen) - len(down), total=len(seen), down=down)


class Enricher(Protocol):
    """Looks up what a mail says beyond its alerts."""

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        """Return what is known about *subjects*, soon and whatever happens."""
        ...


class NoPrometheus:
    """Finds nothing, and says why."""

    def look_up(self, subjects: Sequence[Subject]) -> Findings:
        hosts = {subject: HostFindings() for subject in subjects if subject.instance}
        is_missed = hosts or any(subject.is_fleet for subject in subjects)
        missing = ("Prometheus is not configured (prometheus.url).",) if is_missed else ()
        return Findings(hosts=hosts, missing=missing)
